/** Reports the point of a picture that was clicked, in px of the picture. */

const STEP = 0.25; // of the frame
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const regions = new WeakMap();

class Region {
  constructor(root) {
    this.button = root.querySelector("button");
    this.frame = root.querySelector(".frame");
    this.button.onclick = (event) => this.press(event);
    this.button.onkeydown = (event) => this.move(event);
  }

  update(data, onPress) {
    const isNew = this.data?.picture !== data.picture;
    [this.data, this.onPress] = [data, onPress];
    const { width, height, side, chosen, picture } = data;
    this.button.querySelector("img").src = picture;
    if (isNew || chosen) {
      this.centre = chosen
        ? { left: chosen.left + side / 2, top: chosen.top + side / 2 }
        : { left: width / 2, top: height / 2 };
    }
    this.place();
  }

  /** Keeps the frame within the picture, if the picture is large enough. */
  place() {
    const { width, height, side } = this.data;
    const within = (at, size) => Math.min(Math.max(at, side / 2), Math.max(size - side / 2, side / 2));
    this.centre = { left: within(this.centre.left, width), top: within(this.centre.top, height) };
    const share = (length, size) => `${(100 * Math.min(length, size)) / size}%`;
    Object.assign(this.frame.style, {
      left: share(this.centre.left - side / 2, width),
      top: share(this.centre.top - side / 2, height),
      width: share(side, width),
      height: share(side, height),
    });
  }

  press(event) {
    if (event.detail > 0) {
      const box = this.button.getBoundingClientRect();
      const { width, height } = this.data;
      this.centre = {
        left: ((event.clientX - box.left) / box.width) * width,
        top: ((event.clientY - box.top) / box.height) * height,
      };
      this.place();
    }
    this.onPress({ top: Math.round(this.centre.top), left: Math.round(this.centre.left) });
  }

  move(event) {
    const [across, down] = ARROWS[event.key] ?? [];
    if (across === undefined) return;
    event.preventDefault();
    const step = STEP * this.data.side;
    this.centre = { left: this.centre.left + across * step, top: this.centre.top + down * step };
    this.place();
  }
}

export default function mount({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".region");
  if (!regions.has(root)) regions.set(root, new Region(root));
  regions.get(root).update(data, (point) => setTriggerValue("pressed", point));
}
