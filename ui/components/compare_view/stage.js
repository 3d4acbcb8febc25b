/**
 * What all views share: one zoom and position for all panes, and the zoom toolbar.
 *
 * Zoom is in device pixels per picture pixel: 1 shows every picture pixel on one device pixel.
 */

const ZOOM_STEPS = [0.05, 0.1, 0.25, 0.33, 0.5, 0.67, 1, 1.5, 2, 3, 4, 6, 8, 12, 16];
const MAX_ZOOM = 16;
const PAN_STEP = 60; // px
const FAILURE = "This browser could not show the picture; it may be too large for it.";

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** The zoom that fits the picture; a whole number above 1, so that all enlarged pixels have the same size. */
function fitZoom(frame, picture, pixelRatio) {
  const zoom = Math.min(frame.width / picture.width, frame.height / picture.height) * pixelRatio;
  return zoom > 1 ? Math.min(Math.floor(zoom), MAX_ZOOM) : zoom;
}

/** Keeps a picture smaller than its frame centred, and a larger one without a gap at the edges. */
function clampCentre(centre, visible, size) {
  return visible >= size ? size / 2 : clamp(centre, visible / 2, size - visible / 2);
}

class Stage {
  constructor(root) {
    this.root = root;
    this.zoom = null; // null: fit
    this.centre = { left: 0, top: 0 }; // the picture pixel in the middle of a pane
    this.picture = null; // width and height
    this.subject = undefined; // identifies what is shown
    this.find = (selector) => root.querySelector(selector);
    this.viewport = this.find(".viewport");
    this.abort = new AbortController();
    this.observer = new ResizeObserver(() => this.render());
    this.observer.observe(this.viewport);
    const { signal } = this.abort;
    this.find(".toolbar").addEventListener("click", (event) => this.onButton(event), { signal });
    window.addEventListener("resize", () => this.render(), { signal });
    document.addEventListener("fullscreenchange", () => this.setFull(document.fullscreenElement !== null), { signal });
    arrivals.addEventListener("parts", () => this.renderSoon(), { signal });
    this.gestures = new Gestures(this, signal);
  }

  // To be overridden by each kind of view.

  get panes() {
    return [];
  }

  get layers() {
    return [];
  }

  /** The gesture that a press on `target` starts: "undecided", or a kind defined by the view. */
  grab() {
    return "undecided";
  }

  /** The gesture that an undecided drag becomes. */
  drag(pannable) {
    return pannable ? "pan" : "none";
  }

  slide() {}

  hold() {}

  hover() {}

  handlesKey() {
    return false;
  }

  destroy() {
    this.abort.abort();
    this.observer.disconnect();
    cancelAnimationFrame(this.frameRequest);
    this.layers.forEach((layer) => layer.destroy());
    this.picture = null;
  }

  /** Returns whether the size is unchanged. Another size or subject resets zoom and position. */
  setPicture({ width, height, maxHeight, subject, spot }) {
    this.setLength("max-height", maxHeight);
    const same = width === this.picture?.width && height === this.picture?.height;
    const sameSubject = subject === this.subject;
    this.picture = { width, height };
    this.subject = subject;
    this.root.style.setProperty("--ratio", `${width} / ${height}`);
    this.root.style.setProperty("--ratio-stacked", `${width} / ${2 * height}`);
    if (!same || !sameSubject) this.resetZoom();
    if (!sameSubject) this.openingSpot = spot;
    return same;
  }

  setState(state) {
    this.root.dataset.state = state;
    // Seen by the script of the page, which cannot look into the component.
    this.root.getRootNode().host?.toggleAttribute("data-loading", state === "loading");
    const failure = this.find(".failure");
    failure.hidden = state !== "failed";
    failure.textContent = state === "failed" ? FAILURE : "";
  }

  // Geometry

  /** Width and height of one pane in CSS px; all panes have the same size. */
  frame() {
    const { width, height } = this.panes[0].getBoundingClientRect();
    return { width, height };
  }

  /** Derives the geometry of everything that is drawn from zoom, centre and size of the panes. */
  geometry() {
    const frame = this.frame();
    const pixelRatio = window.devicePixelRatio;
    const fit = fitZoom(frame, this.picture, pixelRatio);
    const zoom = this.zoom ?? fit;
    const scale = zoom / pixelRatio; // CSS px per picture pixel
    const centre = {
      left: clampCentre(this.centre.left, frame.width / scale, this.picture.width),
      top: clampCentre(this.centre.top, frame.height / scale, this.picture.height),
    };
    const width = this.picture.width * scale;
    const height = this.picture.height * scale;
    const left = frame.width / 2 - centre.left * scale;
    const top = frame.height / 2 - centre.top * scale;
    const pannable = width > frame.width + 1 || height > frame.height + 1;
    return { frame, pixelRatio, fit, zoom, scale, centre, width, height, left, top, pannable };
  }

  resetZoom() {
    this.zoom = null;
    this.centre = { left: this.picture.width / 2, top: this.picture.height / 2 };
  }

  /** Zooms so that the picture point under `anchor` (client px, default: the middle) stays in place. */
  zoomTo(zoom, anchor) {
    if (!this.picture) return;
    const now = this.geometry();
    const offset = this.fromMiddle(anchor);
    const next = clamp(zoom, Math.min(now.fit, 1), Math.max(now.fit, MAX_ZOOM));
    const gain = 1 / now.scale - now.pixelRatio / next;
    this.centre = { left: now.centre.left + offset.left * gain, top: now.centre.top + offset.top * gain };
    this.zoom = Math.abs(next / now.fit - 1) < 0.005 ? null : next;
    this.render();
  }

  zoomStep(direction) {
    const { zoom } = this.geometry();
    const steps = direction > 0 ? ZOOM_STEPS : ZOOM_STEPS.toReversed();
    const next = steps.find((step) => (step / zoom - 1) * direction > 0.01);
    this.zoomTo(next ?? zoom);
  }

  fit() {
    this.resetZoom();
    this.render();
  }

  pan(left, top) {
    const { centre, scale } = this.geometry();
    this.centre = { left: centre.left - left / scale, top: centre.top - top / scale };
    this.render();
  }

  paneAt(point) {
    const inside = (box) =>
      point.left >= box.left && point.left <= box.right && point.top >= box.top && point.top <= box.bottom;
    return this.panes.findLast((pane) => inside(pane.getBoundingClientRect()));
  }

  /** Offset of a client point from the middle of its pane. */
  fromMiddle(point) {
    if (!point) return { left: 0, top: 0 };
    const box = (this.paneAt(point) ?? this.panes[0]).getBoundingClientRect();
    return { left: point.left - box.left - box.width / 2, top: point.top - box.top - box.height / 2 };
  }

  /** Opens a picture that is larger than the view at 1:1, on the opening spot. */
  open() {
    const { frame, fit } = this.geometry();
    if (!this.openingSpot || frame.width === 0) return;
    if (fit < 1) {
      this.zoom = 1;
      this.centre = this.openingSpot;
    }
    this.openingSpot = null;
  }

  // Full screen: the browser's own if it is not limited to videos, otherwise an overlay over the whole page.

  toggleFull() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (this.isFull) this.setFull(false);
    else if (this.root.requestFullscreen) this.root.requestFullscreen().catch(() => this.setFull(true));
    else this.setFull(true);
  }

  get isFull() {
    return this.root.hasAttribute("data-full");
  }

  setFull(full) {
    if (full === this.isFull) return;
    const within = document.fullscreenElement !== null || !this.root.showPopover;
    this.root.toggleAttribute("data-full", full);
    this.root.popover = full && !within ? "manual" : null;
    if (this.root.popover) this.root.showPopover();
    this.find('[data-action="full"]').setAttribute("aria-pressed", String(full));
    this.render();
  }

  // Drawing

  renderSoon() {
    cancelAnimationFrame(this.frameRequest);
    this.frameRequest = requestAnimationFrame(() => this.render());
  }

  render() {
    if (!this.picture || this.panes.length === 0) return;
    this.open();
    const view = this.geometry();
    const { frame, left, top, width, height } = view;
    this.centre = view.centre;
    for (const layer of this.layers) layer.place(view);
    const insets = {
      left: Math.max(left, 0),
      top: Math.max(top, 0),
      right: Math.max(frame.width - left - width, 0),
      bottom: Math.max(frame.height - top - height, 0),
    };
    for (const [name, inset] of Object.entries(insets)) this.setLength(name, inset);
    this.insets = { ...insets, width: frame.width - insets.left - insets.right };
    this.viewport.toggleAttribute("data-pannable", view.pannable);
    this.renderToolbar(view);
    this.renderDetail();
  }

  setLength(name, pixels) {
    this.root.style.setProperty(`--${name}`, `${pixels}px`);
  }

  renderToolbar({ zoom, fit }) {
    this.find("output").textContent = `${Math.round(zoom * 100)}%`;
    const action = (name) => this.find(`[data-action="${name}"]`);
    action("fit").setAttribute("aria-pressed", String(this.zoom === null && zoom !== 1));
    action("one").setAttribute("aria-pressed", String(zoom === 1));
    action("zoom-out").disabled = zoom <= Math.min(fit, 1);
    action("zoom-in").disabled = zoom >= MAX_ZOOM;
  }

  /** Says whether a large picture is shown as an overview or with its real pixels. */
  renderDetail() {
    const large = this.layers.filter((layer) => layer.isLarge);
    const reduction = Math.max(1, ...large.map((layer) => layer.reduction));
    const complete = large.every((layer) => layer.complete);
    const real = reduction === 1 ? "Real pixels." : `Overview, reduced ${reduction} times. 1:1 shows real pixels.`;
    const detail = this.find(".detail");
    detail.hidden = large.length === 0;
    detail.dataset.complete = String(complete);
    const text = complete ? real : "Loading sharper pixels ...";
    if (detail.textContent !== text) detail.textContent = text;
  }

  // Buttons and keys

  onButton(event) {
    const { action } = event.target.closest("button")?.dataset ?? {};
    if (!action || !this.picture) return;
    const actions = {
      fit: () => this.fit(),
      one: () => this.zoomTo(1),
      "zoom-in": () => this.zoomStep(1),
      "zoom-out": () => this.zoomStep(-1),
      full: () => this.toggleFull(),
    };
    actions[action]();
  }

  zoomByKey(key) {
    const actions = {
      "+": () => this.zoomStep(1),
      "=": () => this.zoomStep(1),
      "-": () => this.zoomStep(-1),
      0: () => this.fit(),
      1: () => this.zoomTo(1),
      f: () => this.toggleFull(),
      ...(this.isFull && { Escape: () => this.toggleFull() }),
    };
    actions[key]?.();
    return key in actions;
  }

  moveByKey(key) {
    const { frame, width, height, pannable } = this.geometry();
    const moves = {
      ArrowLeft: [PAN_STEP, 0],
      ArrowRight: [-PAN_STEP, 0],
      ArrowUp: [0, PAN_STEP],
      ArrowDown: [0, -PAN_STEP],
      PageUp: [0, frame.height],
      PageDown: [0, -frame.height],
      Home: [width, height],
      End: [-width, -height],
    };
    if (!(key in moves) || !pannable) return false;
    this.pan(...moves[key]);
    return true;
  }
}
