/** Any number of pictures in a grid, with the same zoom and position. */

class GridView extends Stage {
  constructor(root) {
    super(root);
    this.cells = new Map(); // label -> {element, pane, layer}
  }

  get panes() {
    return [...(this.cells ?? new Map()).values()].map((cell) => cell.pane);
  }

  get layers() {
    return [...(this.cells ?? new Map()).values()].map((cell) => cell.layer).filter((layer) => layer.base.isConnected);
  }

  destroy() {
    this.cells.forEach((cell) => cell.layer.destroy());
    super.destroy();
  }

  update(message) {
    this.setPicture(message);
    const labels = message.layers.map((info) => info.label);
    for (const [label, cell] of this.cells) if (!labels.includes(label)) this.remove(label, cell);
    message.layers.forEach((info) => this.updateCell(info));
    this.viewport.append(...labels.map((label) => this.cells.get(label).element)); // restores the order
    this.viewport.style.setProperty("--cells", String(labels.length));
    this.viewport.setAttribute("aria-label", `Comparison of ${labels.join(", ")}`);
    this.setState(this.loading() ? "loading" : "ready");
    this.render();
  }

  remove(label, cell) {
    cell.layer.destroy();
    cell.element.remove();
    this.cells.delete(label);
  }

  updateCell(info) {
    const cell = this.cells.get(info.label) ?? this.makeCell(info.label);
    cell.facts.textContent = info.caption;
    cell.facts.hidden = info.caption === "";
    if (cell.layer?.info.id === info.id) return;
    cell.layer?.destroy();
    cell.element.dataset.state = "loading";
    cell.layer = new Layer(cell.pane, info, () => this.renderSoon());
    this.load(cell, cell.layer);
  }

  async load(cell, layer) {
    const loaded = await layer.load();
    if (cell.layer !== layer || !cell.element.isConnected || !this.picture) return;
    layer.attach();
    layer.label(layer.info.label);
    cell.element.dataset.state = loaded ? "ready" : "failed";
    cell.failure.hidden = loaded;
    cell.failure.textContent = loaded ? "" : FAILURE;
    if (!this.loading()) this.setState("ready");
    this.render();
  }

  loading() {
    return [...this.cells.values()].some((cell) => cell.element.dataset.state === "loading");
  }

  makeCell(label) {
    const make = (tag, className, parent) => {
      const element = document.createElement(tag);
      element.className = className;
      parent?.append(element);
      return element;
    };
    const element = make("figure", "cell");
    element.dataset.testid = "compare-cell";
    const caption = make("figcaption", "", element);
    const title = make("span", "title", caption);
    title.textContent = title.title = label;
    const cell = {
      element,
      facts: make("span", "facts", caption),
      pane: make("div", "pane", element),
      layer: null,
    };
    cell.failure = make("p", "failure", cell.pane);
    cell.failure.hidden = true;
    cell.spot = make("span", "spot", cell.pane);
    this.cells.set(label, cell);
    return cell;
  }

  /** Marks the position of the pointer with a ring in all other cells. */
  hover(point) {
    const under = point && this.paneAt(point);
    for (const { pane, spot } of this.cells.values()) {
      spot.toggleAttribute("data-on", Boolean(under) && pane !== under);
    }
    if (!under) return;
    const box = under.getBoundingClientRect();
    this.setLength("spot-left", point.left - box.left);
    this.setLength("spot-top", point.top - box.top);
  }
}
