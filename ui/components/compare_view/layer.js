/**
 * One picture in one pane.
 *
 * A small picture is a single image, the base. For a large one the base is an overview, covered by the tiles of
 * the level that matches the zoom. Only tiles in view are decoded, so memory depends on the size of the screen
 * rather than the picture.
 */

const PNG_HEAD = 33; // bytes: signature and IHDR, after which a colour profile may follow

class Layer {
  constructor(pane, info, onChange) {
    this.pane = pane;
    this.info = info;
    this.onChange = onChange; // called when there is more to draw
    this.tiles = new Map(); // name -> {element, ready, level, row, column}
    this.complete = true;
    this.reduction = 1;
    this.abort = new AbortController();
    this.base = new Image(info.base.width, info.base.height);
    this.base.draggable = false;
    this.sheet = document.createElement("div");
    this.sheet.className = "sheet";
  }

  /** Returns whether the base could be decoded. */
  async load() {
    const file = await arrival(`${this.info.id}/base`, this.abort.signal);
    this.url = URL.createObjectURL(new Blob([file], { type: this.info.base.mime }));
    this.base.src = this.url;
    try {
      await this.base.decode();
      return true;
    } catch {
      return false;
    }
  }

  attach() {
    this.pane.prepend(this.base, this.sheet);
    this.pane.classList.toggle("transparent", this.info.alpha);
  }

  destroy() {
    this.abort.abort();
    this.base.remove();
    this.sheet.remove();
    this.tiles.clear();
    if (this.url) URL.revokeObjectURL(this.url);
  }

  label(text) {
    this.base.alt = text;
  }

  get isLarge() {
    return this.info.levels.length > 0;
  }

  /** `left` and `top` are the corner of the picture in the pane, in CSS px. */
  place({ left, top, scale, zoom, pixelRatio, frame }) {
    const box = this.pane.getBoundingClientRect();
    // Snapped to device pixels: at an offset of half a pixel, 1:1 would be blurred.
    const snap = (offset, origin) => Math.round((origin + offset) * pixelRatio) / pixelRatio - origin;
    const corner = { left: snap(left, box.left), top: snap(top, box.top) };
    const { base, width, height } = this.info;
    const across = (width * scale) / base.width;
    const down = (height * scale) / base.height;
    this.base.style.transform = `translate(${corner.left}px, ${corner.top}px) scale(${across}, ${down})`;
    this.base.classList.toggle("crisp", !this.isLarge && across * pixelRatio > 0.999);
    if (this.isLarge) this.placeTiles(corner, { scale, zoom, pixelRatio, frame });
  }

  placeTiles(corner, { scale, zoom, pixelRatio, frame }) {
    const { levels, base, width } = this.info;
    // The smallest level with at least one pixel per device pixel.
    const level = zoom >= 1 ? 0 : Math.floor(Math.log2(1 / zoom) + 1e-6);
    const wanted = level < levels.length ? this.visible(level, corner, scale, frame) : [];
    this.reduction = level < levels.length ? 2 ** level : Math.round(width / base.width);
    wanted.forEach((tile) => this.request(tile));
    this.complete = wanted.every((tile) => this.tiles.get(tile.name)?.ready);
    this.discard(level, new Set(wanted.map((tile) => tile.name)));
    this.base.classList.toggle("covered", this.complete && wanted.length > 0);
    this.sheet.classList.toggle("crisp", zoom > 0.999);
    for (const tile of this.tiles.values()) this.placeTile(tile, corner, scale, pixelRatio);
  }

  /**
   * Snaps edges to device pixels, so that tiles join without a seam. Uses a transform, because browsers round
   * lengths to 1/64 px.
   */
  placeTile({ element, level, row, column }, corner, scale, pixelRatio) {
    const { tile, width, height, levels } = this.info;
    const edge = (index, size) =>
      Math.round(Math.min(index * tile * 2 ** level, size) * scale * pixelRatio) / pixelRatio;
    const own = (index, size) => Math.min(tile, size - index * tile); // px of the level
    const [left, right] = [edge(column, width), edge(column + 1, width)];
    const [top, bottom] = [edge(row, height), edge(row + 1, height)];
    const across = (right - left) / own(column, levels[level].width);
    const down = (bottom - top) / own(row, levels[level].height);
    const begin = `translate(${corner.left + left}px, ${corner.top + top}px)`;
    element.style.transform = `${begin} scale(${across}, ${down})`;
  }

  visible(level, corner, scale, frame) {
    const { id, tile, levels } = this.info;
    const side = tile * 2 ** level * scale; // CSS px
    const span = (offset, room, size) => {
      const last = Math.ceil(size / tile) - 1;
      const first = clamp(Math.floor(-offset / side), 0, last);
      return [first, clamp(Math.ceil((room - offset) / side) - 1, first, last)];
    };
    const [top, bottom] = span(corner.top, frame.height, levels[level].height);
    const [left, right] = span(corner.left, frame.width, levels[level].width);
    const found = [];
    for (let row = top; row <= bottom; row += 1) {
      for (let column = left; column <= right; column += 1) {
        found.push({ name: `${id}/${level}/${row}/${column}`, level, row, column });
      }
    }
    return found;
  }

  request(tile) {
    const png = this.tiles.has(tile.name) ? undefined : part(tile.name);
    if (!png) return; // requested already, or not yet received: the view is redrawn when something arrives
    const element = new Image();
    element.draggable = false;
    element.alt = "";
    const entry = { ...tile, element, ready: false };
    this.tiles.set(tile.name, entry);
    this.decode(entry, png);
  }

  async decode(entry, png) {
    const profile = part(`${this.info.id}/icc`);
    const pieces = profile ? [png.subarray(0, PNG_HEAD), profile, png.subarray(PNG_HEAD)] : [png];
    const url = URL.createObjectURL(new Blob(pieces, { type: "image/png" }));
    entry.element.src = url;
    try {
      await entry.element.decode();
    } catch {
      return; // the overview remains visible
    } finally {
      URL.revokeObjectURL(url);
    }
    if (this.tiles.get(entry.name) !== entry) return; // has left the view in the meantime
    entry.ready = true;
    this.sheet.append(entry.element);
    this.onChange();
  }

  /** Removes tiles that are not wanted; those of another level only once this level is complete. */
  discard(level, wanted) {
    for (const [name, tile] of this.tiles) {
      if (wanted.has(name) || (tile.level !== level && tile.ready && !this.complete)) continue;
      tile.element.remove();
      this.tiles.delete(name);
    }
  }
}
