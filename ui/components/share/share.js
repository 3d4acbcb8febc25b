/** Copies a result, and shares it where the browser has that for pictures. It is fetched when that is wanted. */

const TOLD = 4000; // ms
const FAILED = "This browser did not allow that; download the picture instead.";

const drawn = new WeakMap();

class Share {
  constructor(root) {
    this.root = root;
    this.buttons = Object.fromEntries(
      [...root.querySelectorAll("button")].map((button) => [button.dataset.action, button]),
    );
    this.buttons.copy.onclick = () => this.try(() => this.copy(), "Copied.");
    this.buttons.share.onclick = () => this.try(() => this.share(), "");
  }

  feed(data) {
    this.data = data;
    this.buttons.copy.hidden = !(navigator.clipboard?.write && globalThis.ClipboardItem);
    const trial = new File([], data.name, { type: data.mime });
    this.buttons.share.hidden = !navigator.canShare?.({ files: [trial] });
  }

  async try(act, done) {
    try {
      await act();
      this.tell(done);
    } catch (error) {
      if (error.name !== "AbortError") this.tell(FAILED); // a person may have thought better of it
    }
  }

  tell(text) {
    clearTimeout(this.soon);
    this.root.querySelector(".told").textContent = text;
    this.soon = setTimeout(() => this.tell(""), TOLD);
  }

  async fetch() {
    const answer = await fetch(this.data.address);
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.blob();
  }

  /** Browsers take PNG alone; a promise, because what is asked for at a click must be asked for at once. */
  copy() {
    return navigator.clipboard.write([new ClipboardItem({ "image/png": this.png() })]);
  }

  async png() {
    const file = await this.fetch();
    if (file.type === "image/png") return file;
    const bitmap = await createImageBitmap(file);
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    bitmap.close();
    return canvas.convertToBlob({ type: "image/png" });
  }

  async share() {
    const { name, mime } = this.data;
    const file = new File([await this.fetch()], name, { type: mime });
    await navigator.share({ files: [file] });
  }
}

export default function mount({ parentElement, data }) {
  const root = parentElement.querySelector(".share");
  if (!drawn.has(root)) drawn.set(root, new Share(root));
  drawn.get(root).feed(data);
}
