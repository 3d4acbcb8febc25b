/** Mouse, touch, wheel and keyboard input of a view. */

const DRAG_THRESHOLD = 4; // px; a press that moves less is a click

function distance(first, second) {
  return Math.hypot(first.left - second.left, first.top - second.top);
}

function midpoint(first, second) {
  return { left: (first.left + second.left) / 2, top: (first.top + second.top) / 2 };
}

function pointOf(event) {
  return { left: event.clientX, top: event.clientY };
}

class Gestures {
  constructor(stage, signal) {
    this.stage = stage;
    this.viewport = stage.viewport;
    this.pointers = new Map();
    this.kind = null; // "undecided", "pan", "pinch", "none", or a kind defined by the view
    const on = (target, type, handler, options = {}) =>
      target.addEventListener(type, handler.bind(this), { signal, ...options });
    on(this.viewport, "pointerdown", this.onPointerDown);
    on(this.viewport, "pointermove", this.onPointerMove);
    on(this.viewport, "pointerup", this.onPointerEnd);
    on(this.viewport, "pointercancel", this.onPointerEnd);
    on(this.viewport, "pointerleave", () => stage.hover(null));
    on(this.viewport, "dblclick", this.onDoubleClick);
    on(this.viewport, "contextmenu", this.onContextMenu);
    on(this.viewport, "keydown", this.onKeyDown);
    on(this.viewport, "keyup", this.onKeyUp);
    on(this.viewport, "blur", () => stage.hold(false));
    on(this.viewport, "wheel", this.onWheel, { passive: false });
  }

  get ready() {
    return this.stage.root.dataset.state === "ready";
  }

  onPointerDown(event) {
    if (event.button !== 0 || !this.ready || !event.target.closest(".pane, .divider") || event.target.closest("select")) return;
    this.viewport.setPointerCapture(event.pointerId);
    const point = pointOf(event);
    this.pointers.set(event.pointerId, point);
    if (this.pointers.size > 1) {
      this.kind = "pinch";
    } else {
      this.pressed = point;
      this.kind = this.stage.grab(event.target);
    }
    this.stage.hold(this.kind !== "pinch");
  }

  onPointerMove(event) {
    const last = this.pointers.get(event.pointerId);
    const point = pointOf(event);
    if (event.pointerType === "mouse") this.stage.hover(last ? null : point);
    if (!last) return;
    if (this.kind === "undecided" && distance(point, this.pressed) >= DRAG_THRESHOLD) {
      const { pannable } = this.stage.geometry();
      this.kind = this.stage.drag(pannable);
      this.viewport.toggleAttribute("data-dragging", pannable);
    }
    if (this.kind === "undecided") return;
    if (this.kind === "pinch") this.pinch(event.pointerId, point);
    if (this.kind === "pan") this.stage.pan(point.left - last.left, point.top - last.top);
    if (this.kind === "slide") this.stage.slide(point);
    this.pointers.set(event.pointerId, point);
  }

  pinch(pointerId, point) {
    const [other] = [...this.pointers].filter(([id]) => id !== pointerId).map(([, position]) => position);
    const last = this.pointers.get(pointerId);
    if (!other || distance(last, other) === 0) return;
    const from = midpoint(last, other);
    const to = midpoint(point, other);
    this.stage.zoomTo((this.stage.geometry().zoom * distance(point, other)) / distance(last, other), from);
    this.stage.pan(to.left - from.left, to.top - from.top);
  }

  onPointerEnd(event) {
    this.pointers.delete(event.pointerId);
    this.viewport.removeAttribute("data-dragging");
    this.stage.hold(false);
    // The finger that remains after a pinch must not move the picture or the slider.
    this.kind = this.pointers.size === 0 ? null : "none";
  }

  onDoubleClick(event) {
    // The pointer is captured, so the event's target is not the element under it.
    const target = this.stage.root.getRootNode().elementFromPoint(event.clientX, event.clientY);
    if (!this.ready || !target?.closest(".pane")) return;
    if (this.stage.zoom === null && this.stage.geometry().zoom !== 1) this.stage.zoomTo(1, pointOf(event));
    else this.stage.fit();
  }

  /** Prevents the context menu of the picture, which a long press opens on a phone. */
  onContextMenu(event) {
    if (this.pointers.size > 0) event.preventDefault();
  }

  /** The wheel zooms if the view has focus or is full screen, or with Ctrl; otherwise it scrolls the page. */
  onWheel(event) {
    if (!this.ready || event.deltaY === 0) return;
    const { zoom, fit } = this.stage.geometry();
    const used = this.stage.isFull || this.viewport.contains(this.viewport.getRootNode().activeElement);
    const zoomsOutOfFit = event.deltaY > 0 && zoom <= Math.min(fit, 1);
    if (!event.ctrlKey && (!used || zoomsOutOfFit)) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1;
    const speed = event.ctrlKey ? 0.01 : 0.002;
    this.stage.zoomTo(zoom * Math.exp(-clamp(event.deltaY * lines, -200, 200) * speed), pointOf(event));
  }

  onKeyDown(event) {
    if (!this.ready || event.ctrlKey || event.metaKey || event.altKey) return;
    const { stage } = this;
    if (stage.zoomByKey(event.key) || stage.handlesKey(event) || stage.moveByKey(event.key)) {
      event.preventDefault();
    }
  }

  onKeyUp(event) {
    if (event.key === " ") this.stage.hold(false);
  }
}
