"""One eye for every page: text that is clipped, covered, overlapped, outside the screen, tiny, faint, or broken inside
a word, in any element.

Works on a page as Chromium has painted it; it knows no class name. What stands in `<code>` has no words: it breaks anywhere. A page that scrolls as a whole (a phone's) or a
list a person can scroll (`overflow: auto`) may be longer than the screen; everything else must be in sight.
"""

from playwright.sync_api import Page

TYPE_PX_MIN = 11.0  # at a desk; pages that are read from afar ask for more
CONTRAST_MIN = 7.0  # WCAG AAA, which base.css promises


def faults(page: Page, smallest: float = TYPE_PX_MIN) -> list[str]:
    """What of the text in sight is not wholly in sight or cannot be read; empty for a good page. `smallest`: px."""
    return page.evaluate(LOOK, {"smallest": smallest, "contrast": CONTRAST_MIN})


LOOK = """({smallest, contrast}) => {
    const found = [];
    const rgb = (text) => (text.match(/[\\d.]+/g) ?? ['0', '0', '0']).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
        .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const over = (top, under) => [0, 1, 2].map((i) => top[i] * (top[3] ?? 1) + under[i] * (1 - (top[3] ?? 1)));
    const ground = (element) => {
        const layers = [];
        for (let up = element; up; up = up.parentElement) {
            layers.push(rgb(getComputedStyle(up).backgroundColor));
            if ((layers.at(-1)[3] ?? 1) === 1) break;
        }
        return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
    };
    const ratio = (element) => {
        const under = ground(element);
        const [a, b] = [light(over(rgb(getComputedStyle(element).color), under)), light(under)];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    };
    const WORD = /[A-Za-z]{2,}/g;
    const broken = (node) => {  // a word of letters that stands on two lines
        const range = document.createRange();
        for (const word of node.data.matchAll(WORD)) {
            range.setStart(node, word.index);
            range.setEnd(node, word.index + word[0].length);
            if (new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1) return word[0];
        }
        return '';
    };
    const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    const name = (element, text) => `${element.tagName.toLowerCase()}.${element.className?.baseVal ?? element.className} `
        + `in ${element.parentElement?.className || element.parentElement?.id}: "${text.slice(0, 30)}"`;
    const scrolls = (style, axis) => ['auto', 'scroll'].includes(style[`overflow${axis}`]);
    const hides = (style, axis) => style[`overflow${axis}`] !== 'visible' && !scrolls(style, axis);
    const root = getComputedStyle(document.body);
    const paged = hides(root, 'Y');  // a screen: nothing lies beyond its edge
    const hidden = (element) => {  // for screen readers only
        for (let up = element; up; up = up.parentElement) if (up.clientWidth === 1 && up.clientHeight === 1) return true;
        return false;
    };
    const texts = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const element = node.parentElement;
        if (!node.data.trim() || !seen(element) || element.closest('script, style, noscript, option')) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        const size = parseFloat(getComputedStyle(element).fontSize);
        // A glyph is about as high as its type is large; leading above and below it may overlap what it likes.
        const rects = [...range.getClientRects()].filter((box) => box.width > 1 && box.height > 1).map((box) => {
            const spare = Math.max(0, box.height - size) / 2;
            return { left: box.left, right: box.right, top: box.top + spare, bottom: box.bottom - spare };
        });
        if (rects.length && !hidden(element)) texts.push({ node, element, rects });
    }
    for (const { node, element, rects } of texts) {
        const fault = (what) => found.push(`${what}: ${name(element, node.data)}`);
        const px = parseFloat(getComputedStyle(element).fontSize) * (element.currentCSSZoom ?? 1);
        if (px < smallest) fault(`tiny ${px.toFixed(1)}`);
        if (ratio(element) < contrast) fault(`faint ${ratio(element).toFixed(1)}`);
        if (rects.length > 1 && !element.closest('code') && broken(node)) fault(`broken ${broken(node)}`);
        let clip = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
        let reach = !paged;  // whether what lies outside can be scrolled to
        let cut = false, scrolled = false;
        for (let up = element; up && up !== document.body.parentElement && !cut; up = up.parentElement) {
            const style = getComputedStyle(up), box = up.getBoundingClientRect();
            if (up !== document.body && (scrolls(style, 'X') || scrolls(style, 'Y'))) {
                scrolled = true;  // it can be scrolled to; what lies beyond the edge now is not in sight
                const inside = (rect) => rect.bottom <= box.bottom && rect.top >= box.top;
                if (!rects.every(inside)) rects.length = 0;
                break;
            }
            if (style.display === 'inline' || up === document.body) continue;
            const [x, y] = [hides(style, 'X'), hides(style, 'Y')];
            cut = rects.some((rect) => (x && (rect.left < box.left - 1 || rect.right > box.right + 1))
                || (y && (rect.top < box.top - 1 || rect.bottom > box.bottom + 1)));
            if (cut) fault(`clipped by ${up.className || up.id || up.tagName}`);
        }
        if (cut || scrolled) continue;
        const outside = rects.some((rect) => rect.left < -1 || rect.right > innerWidth + 1
            || (!reach && (rect.top < -1 || rect.bottom > innerHeight + 1)));
        if (outside) { fault('outside'); continue; }
        for (const rect of rects) {
            const spots = [0.1, 0.5, 0.9].map((part) => [rect.left + (rect.right - rect.left) * part, (rect.top + rect.bottom) / 2]);
            const covered = spots.some(([x, y]) => {
                if (y < 0 || y >= innerHeight || x < 0 || x >= innerWidth) return false;
                const top = document.elementFromPoint(x, y);
                for (let up = top; up && !up.contains(element) && !element.contains(up); up = up.parentElement) {
                    const style = getComputedStyle(up);
                    const solid = !/, 0\\)$|transparent/.test(style.backgroundColor) || style.backgroundImage !== 'none';
                    if (solid || up.matches('img, svg, canvas, video')) return true;
                }
                return false;
            });
            if (covered) { fault('covered'); break; }
        }
    }
    for (const field of document.querySelectorAll('input, textarea')) {
        if (!field.placeholder || field.value || !seen(field)) continue;
        const style = getComputedStyle(field), pen = document.createElement('canvas').getContext('2d');
        pen.font = `${style.fontSize} ${style.fontFamily}`;
        const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        if (field.matches('input') && pen.measureText(field.placeholder).width > room + 1)
            found.push(`clipped: placeholder "${field.placeholder}"`);
    }
    texts.forEach((one, index) => {
        for (const two of texts.slice(index + 1)) {
            const meets = one.rects.some((a) => two.rects.some((b) =>
                a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1));
            if (meets) found.push(`overlap: ${name(one.element, one.node.data)} / ${name(two.element, two.node.data)}`);
        }
    });
    return [...new Set(found)];
}"""
