/**
 * The script of all pages: it announces changes to screen readers, keeps the focus on the page, uploads pictures
 * that are pasted or dropped anywhere, warns before results are lost, and says so when the server has lost them.
 */

const FILE_INPUT = "[data-testid=stFileUploaderDropzoneInput]";
const SERVER_GRACE = 1500; // ms without a connection before a notice: most come back sooner
const CHECK = 5000; // ms between two checks for lost messages
const OFFLINE = "The connection to the server is lost. What you see stays here; trying again ...";
const LOST = "The server was restarted or you were away for long: your pictures were not kept. Choose them again.";

class Frame {
  constructor() {
    this.results = new Set(); // addresses of files that would be lost
    this.saved = new Set(); // addresses that have been downloaded
    const on = (type, handler, options) => document.addEventListener(type, handler.bind(this), options);
    on("focusin", this.onFocus);
    on("paste", this.onPaste);
    on("dragover", this.onDragOver);
    on("dragleave", this.onDragLeave);
    on("drop", this.onDrop, true);
    on("click", this.onClick);
    window.addEventListener("beforeunload", (event) => this.onBeforeUnload(event));
    // Streamlit may replace anything but the body. It removes outdated elements some time after a run has ended.
    const attributeFilter = ["class", "data-test-script-state", "data-test-connection-state"];
    new MutationObserver(() => {
      cancelAnimationFrame(this.frameRequest);
      this.frameRequest = requestAnimationFrame(() => this.settle());
    }).observe(document.body, { childList: true, subtree: true, attributeFilter });
    this.settle();
    this.behind = 0; // checks in a row that found the page behind
    this.patience = 2; // of them, before a redraw
    setInterval(() => this.catchUp(), CHECK);
  }

  get app() {
    return document.querySelector(".stApp").dataset;
  }

  /**
   * Streamlit drops what a run has yet to send if a request arrives in the moment in which the run ends. The page
   * would keep an earlier state for ever, poll a fragment that no longer exists, or wait for a picture. On a slow
   * connection messages may only be late: what a redraw sends again must not pile up.
   */
  async catchUp() {
    if (!this.connected || !this.heartbeat || document.hidden) return;
    const drawn = await this.checkSession();
    if (!(drawn > this.drawn) && !document.querySelector("[data-loading]")) {
      this.behind = 0;
      this.patience = 2;
    } else if (++this.behind >= this.patience) {
      this.behind = 0;
      this.patience *= 2;
      this.requestRun("refresh", Date.now());
    }
  }

  update(root, { heartbeat, drawn, status, results, shown, accept }, requestRun) {
    this.requestRun = requestRun;
    this.drawn = drawn;
    this.accept = accept;
    const newSession = this.heartbeat !== undefined && this.heartbeat !== heartbeat; // the old one is lost
    this.root = root;
    if (newSession && this.results.size > 0) this.notify(LOST, "Close", () => this.dismiss());
    this.heartbeat = heartbeat;
    this.results = new Set(results);
    const region = root.querySelector("[role=status]");
    if (region.textContent !== status) region.textContent = status;
    if (this.shown && shown && this.shown !== shown) this.scrollToView();
    this.shown = shown;
  }

  /** Makes the menu a landmark that marks the current page. */
  markCurrentPage() {
    const menu = document.querySelector(".st-key-menu");
    if (!menu) return;
    menu.setAttribute("role", "navigation");
    menu.setAttribute("aria-label", "Pages");
    const links = [...menu.querySelectorAll("a")].filter((link) => !link.closest(".st-key-brand"));
    const last = (path) => path.split("/").pop();
    const pageOf = (link) => last(link.getAttribute("href")); // empty for the first page
    const current = links.find((link) => pageOf(link) && pageOf(link) === last(location.pathname)) ?? links[0];
    for (const link of menu.querySelectorAll("a")) link.removeAttribute("aria-current");
    current?.setAttribute("aria-current", "page");
  }

  /** Gives the buttons of uploaders, whose text comes from the style sheet, an accessible name. */
  labelUploaders() {
    for (const uploader of document.querySelectorAll("[data-testid=stFileUploader]")) {
      const [label, button, input] = ["[data-testid=stWidgetLabel]", "button", FILE_INPUT].map((part) =>
        uploader.querySelector(part),
      );
      if (label) button?.setAttribute("aria-label", label.textContent.trim());
      if (input && this.accept) input.accept = this.accept;
    }
  }

  /** Applies the app's colour scheme to what Streamlit draws outside it, such as popovers. */
  syncColorScheme() {
    document.body.style.colorScheme = getComputedStyle(document.querySelector(".stApp")).colorScheme;
  }

  scrollToView() {
    document.querySelector(".st-key-view")?.scrollIntoView({ block: "start", behavior: "smooth" });
  }

  // Focus

  onFocus(event) {
    this.focused = event.target;
  }

  /** Called after changes to the page. */
  settle() {
    this.markCurrentPage();
    this.labelUploaders();
    this.syncColorScheme();
    this.watchConnection();
    if (this.app.testScriptState !== "notRunning") return;
    // If the run has removed the focused element, focus the heading; otherwise Tab would start at the top again.
    if (document.activeElement !== document.body || !this.focused || this.focused.isConnected) return;
    const heading = document.querySelector(".stMain h1");
    heading?.setAttribute("tabindex", "-1");
    heading?.focus({ preventScroll: true });
  }

  // Pictures from anywhere

  onPaste(event) {
    if (this.upload(event.clipboardData?.files)) event.preventDefault();
  }

  onDragOver(event) {
    if (!event.dataTransfer?.types.includes("Files") || !this.fileInput()) return;
    event.preventDefault();
    document.documentElement.toggleAttribute("data-dropping", true);
  }

  onDragLeave(event) {
    if (!event.relatedTarget) document.documentElement.toggleAttribute("data-dropping", false);
  }

  onDrop(event) {
    document.documentElement.toggleAttribute("data-dropping", false);
    // Leave it to Streamlit's own dropzone, which also accepts folders.
    if (event.target.closest?.("[data-testid=stFileUploaderDropzone]")) return;
    if (this.upload(event.dataTransfer?.files)) event.preventDefault();
  }

  fileInput() {
    return document.querySelector(FILE_INPUT);
  }

  upload(files) {
    const input = this.fileInput();
    if (!files?.length || !input) return false;
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  }

  // Results that would be lost

  onClick(event) {
    const link = event.target.closest?.("a.download");
    if (!link) return;
    if (this.results.has(link.pathname)) this.saved.add(link.pathname);
    else if (link.pathname.endsWith(".zip")) for (const address of this.results) this.saved.add(address);
    this.checkSession();
  }

  onBeforeUnload(event) {
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
      if (this.message === OFFLINE) this.dismiss();
      this.checkSession();
    }
    this.connected = connected;
  }

  /** Returns how often the server has drawn this session's pages, and notifies the user if it no longer has it. */
  async checkSession() {
    const response = await fetch(this.heartbeat, { cache: "no-store" }).catch(() => null);
    if (response?.ok) return Number(await response.text());
    if (response?.status === 404 && this.results.size > 0) {
      this.notify(LOST, "Choose again", () => {
        this.results.clear();
        location.reload();
      });
    }
  }

  notify(text, label, act) {
    const notice = this.root?.querySelector(".notice");
    if (!notice) return;
    this.message = text;
    notice.querySelector("p").textContent = text;
    const button = notice.querySelector("button");
    button.hidden = !label;
    button.textContent = label ?? "";
    button.onclick = act ?? null;
    notice.hidden = false;
  }

  dismiss() {
    this.message = undefined;
    this.root.querySelector(".notice").hidden = true;
  }
}

let frame;

export default function mount({ parentElement, data, setTriggerValue }) {
  frame ??= new Frame();
  frame.update(parentElement, data, setTriggerValue);
}
