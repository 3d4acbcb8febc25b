/** Moves the divider of the pictures to the value of the slider. */

export default function mount({ parentElement }) {
  const root = parentElement.querySelector(".compare");
  const range = root.querySelector("input");
  range.oninput = () => root.style.setProperty("--split", `${range.value}%`);
}
