/** The slider's value is where the pictures are divided. */

export default function mount({ parentElement }) {
  const root = parentElement.querySelector(".compare");
  const range = root.querySelector("input");
  range.oninput = () => root.style.setProperty("--split", `${range.value}%`);
}
