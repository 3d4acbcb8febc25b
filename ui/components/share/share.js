/** Copies a result, and shares it if the browser can share pictures. The file is fetched only then. */

const MESSAGE_DURATION = 4000; // ms
const FAILED = "This browser did not allow that; download the picture instead.";

const shares = new WeakMap();

class Share {
  constructor(root) {
    this.root = root;
    this.buttons = Object.fromEntries(
      [...root.querySelectorAll("button")].map((button) => [button.dataset.action, button]),
    );
    this.buttons.copy.onclick = () => this.attempt(() => this.copy(), "Copied.");
    this.buttons.share.onclick = () => this.attempt(() => this.share(), "");
  }

  update(data) {
    this.data = data;
    this.buttons.copy.hidden = !(navigator.clipboard?.write && globalThis.ClipboardItem);
    const empty = new File([], data.name, { type: data.mime });
    this.buttons.share.hidden = !navigator.canShare?.({ files: [empty] });
  }

  async attempt(action, message) {
    try {
      await action();
      this.show(message);
    } catch (error) {
      if (error.name !== "AbortError") this.show(FAILED); // AbortError: the user cancelled
    }
  }

  show(text) {
    clearTimeout(this.timer);
    this.root.querySelector(".told").textContent = text;
    this.timer = setTimeout(() => this.show(""), MESSAGE_DURATION);
  }

  async fetch() {
    const response = await fetch(this.data.address);
    if (!response.ok) throw new Error(response.statusText);
    return response.blob();
  }

  /** Passes a promise, because the clipboard must be written during the click. Browsers accept PNG only. */
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
  if (!shares.has(root)) shares.set(root, new Share(root));
  shares.get(root).update(data);
}
