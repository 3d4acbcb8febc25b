/**
 * What the browser does for all pages: it says in words what changes, keeps the focus on the page, takes pictures
 * that are pasted or dropped anywhere, warns before results are lost, and tells when the server has lost them.
 */

const CHOOSER = "[data-testid=stFileUploaderDropzoneInput]";
const SERVER_GRACE = 1500; // ms without a connection before it is told: most come back sooner
const OFFLINE = "The connection to the server is lost. What you see stays here; trying again ...";
const LOST = "The server was restarted or you were away for long: your pictures were not kept. Choose them again.";

class Frame {
  constructor() {
    this.results = new Set(); // the addresses of what would be lost
    this.saved = new Set();
    const on = (type, handler, options) => document.addEventListener(type, handler.bind(this), options);
    on("focusin", this.onFocus);
    on("paste", this.onPaste);
    on("dragover", this.onDragOver);
    on("dragleave", this.onDragLeave);
    on("drop", this.onDrop, true);
    on("click", this.onClick);
    window.addEventListener("beforeunload", (event) => this.onLeave(event));
    // Whatever Streamlit replaces, the body stays. What is outdated it takes out some time after a run has ended.
    const attributeFilter = ["class", "data-test-script-state", "data-test-connection-state"];
    new MutationObserver(() => {
      cancelAnimationFrame(this.soon);
      this.soon = requestAnimationFrame(() => this.settle());
    }).observe(document.body, { childList: true, subtree: true, attributeFilter });
    this.settle();
  }

  get app() {
    return document.querySelector(".stApp").dataset;
  }

  feed(root, { here, status, results, shown, kinds }) {
    this.kinds = kinds;
    const renewed = this.here !== undefined && this.here !== here; // another session: the one before is gone
    this.root = root;
    if (renewed && this.results.size > 0) this.notify(LOST, "Close", () => this.hush());
    this.here = here;
    this.results = new Set(results);
    const region = root.querySelector("[role=status]");
    if (region.textContent !== status) region.textContent = status;
    if (this.shown && shown && this.shown !== shown) this.scrollToView();
    this.shown = shown;
  }

  /** The menu is a landmark, and says which page is open. */
  mark() {
    const menu = document.querySelector(".st-key-menu");
    if (!menu) return;
    menu.setAttribute("role", "navigation");
    menu.setAttribute("aria-label", "Pages");
    const links = [...menu.querySelectorAll("a")].filter((link) => !link.closest(".st-key-brand"));
    const last = (path) => path.split("/").pop();
    const pageOf = (link) => last(link.getAttribute("href")); // of the first page, nothing
    const current = links.find((link) => pageOf(link) && pageOf(link) === last(location.pathname)) ?? links[0];
    for (const link of menu.querySelectorAll("a")) link.removeAttribute("aria-current");
    current?.setAttribute("aria-current", "page");
  }

  /** What the style sheet writes on the buttons of choosers, for those who do not see it. */
  name() {
    for (const uploader of document.querySelectorAll("[data-testid=stFileUploader]")) {
      const [label, button, chooser] = ["[data-testid=stWidgetLabel]", "button", CHOOSER].map((part) =>
        uploader.querySelector(part),
      );
      if (label) button?.setAttribute("aria-label", label.textContent.trim());
      if (chooser && this.kinds) chooser.accept = this.kinds;
    }
  }

  /** What Streamlit draws outside of the app, such as popovers, is as dark or light as the app. */
  shade() {
    document.body.style.colorScheme = getComputedStyle(document.querySelector(".stApp")).colorScheme;
  }

  scrollToView() {
    document.querySelector(".st-key-view")?.scrollIntoView({ block: "start", behavior: "smooth" });
  }

  // Focus

  onFocus(event) {
    this.focused = event.target;
  }

  /** After something has changed on the page. */
  settle() {
    this.mark();
    this.name();
    this.shade();
    this.watchConnection();
    if (this.app.testScriptState !== "notRunning") return;
    // What had the focus is gone with the run: otherwise a keyboard would begin at the top of the page again.
    if (document.activeElement !== document.body || !this.focused || this.focused.isConnected) return;
    const heading = document.querySelector(".stMain h1");
    heading?.setAttribute("tabindex", "-1");
    heading?.focus({ preventScroll: true });
  }

  // Pictures from anywhere

  onPaste(event) {
    if (this.give(event.clipboardData?.files)) event.preventDefault();
  }

  onDragOver(event) {
    if (!event.dataTransfer?.types.includes("Files") || !this.chooser()) return;
    event.preventDefault();
    document.documentElement.toggleAttribute("data-dropping", true);
  }

  onDragLeave(event) {
    if (!event.relatedTarget) document.documentElement.toggleAttribute("data-dropping", false);
  }

  onDrop(event) {
    document.documentElement.toggleAttribute("data-dropping", false);
    // Streamlit's own dropzone also takes folders.
    if (event.target.closest?.("[data-testid=stFileUploaderDropzone]")) return;
    if (this.give(event.dataTransfer?.files)) event.preventDefault();
  }

  chooser() {
    return document.querySelector(CHOOSER);
  }

  give(files) {
    const chooser = this.chooser();
    if (!files?.length || !chooser) return false;
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    chooser.files = transfer.files;
    chooser.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  }

  // Results that would be lost

  onClick(event) {
    const link = event.target.closest?.("a.download");
    if (!link) return;
    if (this.results.has(link.pathname)) this.saved.add(link.pathname);
    else for (const address of this.results) this.saved.add(address); // all in one file
    this.ask();
  }

  onLeave(event) {
    if ([...this.results].some((address) => !this.saved.has(address))) event.preventDefault();
  }

  // The server

  watchConnection() {
    const connected = this.app.testConnectionState === "CONNECTED";
    if (connected === this.connected) return;
    document.documentElement.toggleAttribute("data-offline", !connected);
    clearTimeout(this.grace);
    if (!connected) {
      this.grace = setTimeout(() => this.notify(OFFLINE), SERVER_GRACE);
    } else if (this.connected === false) {
      if (this.said === OFFLINE) this.hush();
      this.ask();
    }
    this.connected = connected;
  }

  /** Whether the server still knows this session. */
  async ask() {
    const answer = await fetch(this.here, { method: "HEAD", cache: "no-store" }).catch(() => null);
    if (answer?.status === 404 && this.results.size > 0) {
      this.notify(LOST, "Choose again", () => {
        this.results.clear();
        location.reload();
      });
    }
  }

  notify(text, label, act) {
    const notice = this.root?.querySelector(".notice");
    if (!notice) return;
    this.said = text;
    notice.querySelector("p").textContent = text;
    const button = notice.querySelector("button");
    button.hidden = !label;
    button.textContent = label ?? "";
    button.onclick = act ?? null;
    notice.hidden = false;
  }

  hush() {
    this.said = undefined;
    this.root.querySelector(".notice").hidden = true;
  }
}

let frame;

export default function attend({ parentElement, data }) {
  frame ??= new Frame();
  frame.feed(parentElement, data);
}
