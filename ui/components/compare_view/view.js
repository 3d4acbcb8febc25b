/** Two pictures under a slider, side by side, or one at a time, the other shown while pressed. */

class CompareView extends Stage {
  constructor(root) {
    super(root);
    this.mode = "slider";
    this.split = 0.5;
    this.divider = this.find(".divider");
    this.sides = { before: this.find(".pane.before"), after: this.find(".pane.after") };
    this.shown = {}; // the layer of each side
    this.chosen = {}; // the label of each side
    this.picked = {}; // whether the user has chosen the label of each side
    this.choices = { before: [], after: [] };
    this.magnifier = new Magnifier(this);
    const { signal } = this.abort;
    for (const side of Object.keys(this.sides)) {
      const select = this.selectOf(side);
      select.addEventListener("change", () => this.choose(side, select.value), { signal });
    }
  }

  selectOf(side) {
    return this.find(`.pane.${side} select`);
  }

  get panes() {
    return Object.values(this.sides ?? {});
  }

  get layers() {
    return Object.values(this.shown ?? {});
  }

  destroy() {
    super.destroy();
    this.magnifier.destroy();
  }

  // Pictures

  update(message) {
    if (!this.setPicture(message)) this.setState("loading"); // hides the old pictures, which the new size would distort
    for (const side of Object.keys(this.sides)) {
      this.choices[side] = message[side];
      const labels = this.choices[side].map((layer) => layer.label);
      if (!this.picked[side] || !labels.includes(this.chosen[side])) this.chosen[side] = labels[0];
      this.offer(side, labels);
    }
    this.show();
  }

  offer(side, labels) {
    const select = this.selectOf(side);
    select.replaceChildren(...labels.map((label) => new Option(label, label)));
    select.value = this.chosen[side];
    select.hidden = labels.length < 2;
    this.sides[side].querySelector("span.chip").hidden = labels.length >= 2;
  }

  choose(side, label) {
    this.chosen[side] = label;
    this.picked[side] = true;
    this.show();
  }

  info(side) {
    return this.choices[side].find((layer) => layer.label === this.chosen[side]);
  }

  /** Changes both sides at once, when the new pictures have been decoded. */
  async show() {
    const fresh = Object.keys(this.sides)
      .filter((side) => this.info(side).id !== this.shown[side]?.info.id)
      .map((side) => [side, new Layer(this.sides[side], this.info(side), () => this.renderSoon())]);
    const request = (this.request = {});
    if (fresh.length > 0) {
      const loaded = await Promise.all(fresh.map(([, layer]) => layer.load()));
      if (request !== this.request || !this.picture) {
        fresh.forEach(([, layer]) => layer.destroy()); // replaced or removed while decoding
        return;
      }
      for (const [side, layer] of fresh) {
        this.shown[side]?.destroy();
        this.shown[side] = layer;
        layer.attach();
      }
      this.setState(loaded.every(Boolean) ? "ready" : "failed");
    } else if (this.root.dataset.state === "loading") {
      this.setState("ready"); // the same pictures in a frame of another size
    }
    this.label();
    this.render();
  }

  label() {
    const { before, after } = this.chosen;
    for (const [side, pane] of Object.entries(this.sides)) {
      const chip = pane.querySelector("span.chip");
      chip.textContent = this.chosen[side];
      chip.title = this.selectOf(side).title = this.info(side).caption || this.chosen[side];
      this.shown[side]?.label(this.chosen[side]);
    }
    this.viewport.setAttribute("aria-label", `Comparison of ${before} and ${after}`);
    this.divider.setAttribute("aria-label", `Slider between ${before} and ${after}`);
    this.find(".hint").textContent = `Press and hold to see ${before}`;
  }

  // Drawing

  render() {
    this.fitHeight();
    super.render();
    if (this.insets) this.setSplit(this.split);
    this.magnifier.place();
  }

  /** Shrinks the frame to the height of a small picture, which is enlarged by a whole number. */
  fitHeight() {
    if (!this.picture) return;
    const { style } = this.viewport;
    style.height = style.aspectRatio = "";
    if (this.isFull || this.mode === "side") return;
    const { clientWidth: width, clientHeight: height } = this.viewport;
    const zoom = fitZoom({ width, height }, this.picture, window.devicePixelRatio);
    if (zoom < 1) return;
    style.aspectRatio = "auto";
    style.height = `${(this.picture.height * zoom) / window.devicePixelRatio + 2}px`; // with the border
  }

  setSplit(share) {
    this.split = clamp(share, 0, 1);
    const percent = Math.round(this.split * 100);
    this.divider.setAttribute("aria-valuenow", String(percent));
    this.divider.setAttribute("aria-valuetext", `${percent}% ${this.chosen.before}`);
    this.setLength("split", this.insets.left + this.split * this.insets.width);
  }

  setMode(mode) {
    this.mode = mode;
    this.root.dataset.mode = mode;
    this.find(".hint").hidden = mode !== "hold";
    this.root.querySelectorAll("button[data-mode]").forEach((button) => {
      button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    });
    this.hold(false);
    this.render();
  }

  hold(pressed) {
    const holding = pressed && this.mode === "hold";
    if (holding === this.root.hasAttribute("data-holding")) return;
    this.root.toggleAttribute("data-holding", holding);
    this.find("[role=status]").textContent = `Showing ${holding ? this.chosen.before : this.chosen.after}`;
  }

  // Input

  onButton(event) {
    const { mode } = event.target.closest("button")?.dataset ?? {};
    if (mode) this.setMode(mode);
    else super.onButton(event);
  }

  grab(target) {
    return this.divider.contains(target) ? "slide" : "undecided";
  }

  drag(pannable) {
    return pannable ? "pan" : this.mode === "slider" ? "slide" : "none";
  }

  slide(point) {
    const box = this.sides.before.getBoundingClientRect();
    this.setSplit((point.left - box.left - this.insets.left) / this.insets.width);
  }

  /** Shows the magnifier, except where it would hide the handle of the slider. */
  hover(point) {
    this.magnifier.follow(this.mode === "hold" || this.divider.matches(":hover") ? null : point);
  }

  handlesKey(event) {
    if (event.target === this.divider) return this.splitByKey(event);
    if (event.key !== " " || this.mode !== "hold") return false;
    this.hold(true);
    return true;
  }

  splitByKey({ key, shiftKey }) {
    const step = shiftKey ? 0.1 : 0.01;
    const targets = {
      ArrowLeft: this.split - step,
      ArrowDown: this.split - step,
      ArrowRight: this.split + step,
      ArrowUp: this.split + step,
      PageDown: this.split - 0.1,
      PageUp: this.split + 0.1,
      Home: 0,
      End: 1,
    };
    if (key in targets) this.setSplit(targets[key]);
    return key in targets;
  }
}
