/** A magnifier under the mouse while pictures are reduced to fit: both at 1:1, before on the left, after on the right. */

class Magnifier {
  constructor(view) {
    this.view = view;
    this.element = view.find(".magnifier");
    this.lenses = { before: view.find(".lens.before"), after: view.find(".lens.after") };
    this.layers = {};
    this.point = null; // client px
  }

  destroy() {
    Object.values(this.layers).forEach((layer) => layer.destroy());
    this.layers = {};
  }

  follow(point) {
    this.point = point;
    this.place();
  }

  place() {
    const spot = this.spot();
    this.element.hidden = !spot;
    if (!spot) return;
    const room = this.view.viewport.getBoundingClientRect();
    const frame = { width: this.element.offsetWidth, height: this.element.offsetHeight };
    const within = (offset, size, most) => clamp(offset - size / 2, 0, Math.max(most - size, 0));
    this.element.style.left = `${within(this.point.left - room.left, frame.width, room.width)}px`;
    this.element.style.top = `${within(this.point.top - room.top, frame.height, room.height)}px`;
    const { pixelRatio } = spot;
    const scale = 1 / pixelRatio;
    const left = frame.width / 2 - spot.left * scale;
    const top = frame.height / 2 - spot.top * scale;
    for (const side of Object.keys(this.lenses)) {
      this.layer(side).place({ left, top, scale, zoom: 1, pixelRatio, frame });
    }
  }

  /** Returns the picture pixel under the mouse, or null if there is nothing to magnify. */
  spot() {
    const pane = this.point && this.view.paneAt(this.point);
    if (!pane || Object.keys(this.view.shown).length < 2) return null;
    const { zoom, scale, left, top, width, height, pixelRatio } = this.view.geometry();
    const box = pane.getBoundingClientRect();
    const at = { left: this.point.left - box.left - left, top: this.point.top - box.top - top };
    const inside = at.left >= 0 && at.top >= 0 && at.left < width && at.top < height;
    return zoom < 1 && inside ? { left: at.left / scale, top: at.top / scale, pixelRatio } : null;
  }

  /** Returns a second layer of the picture that a side shows. */
  layer(side) {
    const { info } = this.view.shown[side];
    if (this.layers[side]?.info !== info) {
      this.layers[side]?.destroy();
      const layer = new Layer(this.lenses[side], info, () => this.place());
      this.layers[side] = layer;
      layer.load().then(() => {
        if (this.layers[side] !== layer) return;
        layer.attach();
        this.place();
      });
    }
    return this.layers[side];
  }
}
