// The page's own style and script: plots as SVG, nothing from the network.
#pragma once

namespace reelcell::pipeline {

inline constexpr const char* kClockPageHead = R"page(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Clocks</title><style>
body{font:14px/1.45 system-ui,sans-serif;margin:24px auto;max-width:1080px;padding:0 16px;color:#1d2430;background:#fff}
h1{font-size:20px}h2{font-size:16px;margin:32px 0 4px;border-top:1px solid #d8dde5;padding-top:16px}
h3{font-size:13px;margin:16px 0 2px;font-weight:600}
table{border-collapse:collapse;margin:8px 0}td,th{padding:2px 12px 2px 0;text-align:left;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}th{color:#5b6675;font-weight:500}
.v{display:inline-block;padding:0 8px;border-radius:9px;color:#fff}
.measured{background:#1f7a4d}.ambiguous{background:#b5650b}.no_evidence{background:#7b8494}
svg{display:block;width:100%;height:auto;background:#fafbfc;border:1px solid #e3e7ee}
svg text{font:11px system-ui,sans-serif;fill:#5b6675}
.note{color:#5b6675}.pair{display:grid;grid-template-columns:1fr 1fr;gap:16px}
@media(max-width:760px){.pair{grid-template-columns:1fr}}
</style></head><body><script type="application/json" id="data">)page";

inline constexpr const char* kClockPageTail = R"page(</script><div id="page"></div><script>
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const esc = s => String(s).replace(/[&<>"]/g, c => ({"&":"&amp;","<":"&lt;",">":"&gt;",'"':"&quot;"}[c]));
const num = (v, d) => v === null || v === undefined ? "&ndash;" : v.toFixed(d);
const W = 1040, L = 52, R = 12;
function ticks(lo, hi, n) {
  const raw = (hi - lo) / n || 1, p = Math.pow(10, Math.floor(Math.log10(raw)));
  const step = [1, 2, 5, 10].map(m => m * p).find(s => s >= raw);
  const out = [];
  for (let t = Math.ceil(lo / step) * step; t <= hi + step * 1e-9; t += step) out.push(+t.toPrecision(12));
  return out;
}
// One plot: axes, and whatever `draw` adds given the scales.
function plot(o, draw) {
  const w = o.w || W, h = o.h || 180, top = o.top || 10, bottom = 30;
  let [x0, x1] = o.x, [y0, y1] = o.y;
  if (x1 <= x0) x1 = x0 + 1;
  if (y1 <= y0) y1 = y0 + 1;
  const X = v => L + (v - x0) / (x1 - x0) * (w - L - R);
  const Y = v => h - bottom - (v - y0) / (y1 - y0) * (h - bottom - top);
  let s = `<svg viewBox="0 0 ${w} ${h}" role="img" aria-label="${esc(o.label)}">`;
  for (const t of ticks(x0, x1, w / 110)) s += `<line x1="${X(t)}" x2="${X(t)}" y1="${top}" y2="${h - bottom}" stroke="#e9edf2"/><text x="${X(t)}" y="${h - bottom + 13}" text-anchor="middle">${t}</text>`;
  for (const t of ticks(y0, y1, h / 45)) s += `<line x1="${L}" x2="${w - R}" y1="${Y(t)}" y2="${Y(t)}" stroke="#e9edf2"/><text x="${L - 5}" y="${Y(t) + 4}" text-anchor="end">${t}</text>`;
  s += draw(X, Y, w, h);
  return s + `<text x="${w - R}" y="${h - 4}" text-anchor="end">${esc(o.xlabel)}</text><text x="${L}" y="${top - 1}">${esc(o.ylabel || "")}</text></svg>`;
}
const line = (pts, X, Y, color) => `<polyline fill="none" stroke="${color}" stroke-width="1.2" points="${pts.map(p => X(p[0]).toFixed(1) + "," + Y(p[1]).toFixed(1)).join(" ")}"/>`;
const range = v => v.length ? [Math.min(...v), Math.max(...v)] : [0, 1];
function correlation(m) {
  const pts = m.curve, ys = pts.map(p => p[1]);
  const [lo, hi] = range(ys);
  return plot({x: range(pts.map(p => p[0])), y: [Math.min(lo * 1.12, 0), Math.max(hi, 0.1) * 1.12], xlabel: "offset, s", ylabel: "correlation", label: "correlation over offsets"},
    (X, Y) => line(pts, X, Y, "#3566b8") + m.candidates.map((c, i) =>
      `<circle cx="${X(c.offset_s)}" cy="${Y(c.height)}" r="4" fill="${i ? "#b5650b" : "#c22f4e"}"><title>${c.offset_s.toFixed(4)} s: ${c.height.toFixed(3)}</title></circle>`).join(""));
}
function residuals(m) {
  const ys = m.windows.map(w => w[1]), far = Math.max(1, ...ys.map(Math.abs)) * 1.15;
  return plot({w: 512, x: range(m.windows.map(w => w[0])), y: [-far, far], xlabel: "stream time, s", ylabel: "window - fitted line, ms", label: "residuals of the windows over time"},
    (X, Y, w) => `<rect x="${L}" width="${w - L - R}" y="${Y(m.interval_ms)}" height="${Math.max(1, Y(-m.interval_ms) - Y(m.interval_ms))}" fill="#1f7a4d" opacity=".15"/>` +
      m.windows.map(p => `<circle cx="${X(p[0])}" cy="${Y(p[1])}" r="3" fill="#3566b8" opacity="${(0.25 + 0.75 * Math.max(0, p[2])).toFixed(2)}"><title>${p[1].toFixed(2)} ms, height ${p[2].toFixed(2)}</title></circle>`).join(""));
}
// Of each pair of stamps: its delay beyond the clock.
function delays(m) {
  const [lo, hi] = range(m.residuals.map(p => p[1])), room = 0.05 * (hi - lo || 1);
  return plot({x: range(m.residuals.map(p => p[0])), y: [lo - room, hi + room], xlabel: "stream time, s", ylabel: "host stamp - clock, ms", label: "residuals of the pairs over time"},
    (X, Y) => m.residuals.map(p => `<circle cx="${X(p[0]).toFixed(1)}" cy="${Y(p[1]).toFixed(1)}" r="1.3" fill="#3566b8" opacity=".5"/>`).join(""));
}
function histogram(rows, w) {
  const most = Math.max(1, ...rows.map(r => r.rows)), n = rows.length;
  return plot({w, x: [0, n], y: [0, most * 1.08], xlabel: "", ylabel: "rows by |sample - grid row|, ms", label: "histogram of skew"}, (X, Y, _, h) =>
    rows.map((r, i) => `<rect x="${X(i + .08)}" width="${X(.84) - X(0)}" y="${Y(r.rows)}" height="${Y(0) - Y(r.rows)}" fill="#3566b8"><title>${r.rows}</title></rect>`).join("") +
    `<rect x="${L}" y="${h - 29}" width="${w - L}" height="16" fill="#fafbfc"/>` +
    rows.map((r, i) => `<text x="${X(i + .5)}" y="${h - 17}" text-anchor="middle">${r.up_to_ms === null ? "more" : "&le;" + r.up_to_ms}</text>`).join(""));
}
function gaps(streams, extent) {
  const h = 26 * streams.length + 40;
  return plot({h, x: [0, extent], y: [0, 1e9], xlabel: "session time, s", label: "gaps of each stream"}, (X, Y, w) =>
    `<rect x="0" y="0" width="${L - 1}" height="${h}" fill="#fafbfc"/>` + streams.map((s, i) => {
      const y = 12 + 26 * i;
      return `<rect x="${X(s.start_s)}" width="${Math.max(1, X(s.end_s) - X(s.start_s))}" y="${y}" height="14" fill="#9db7e3"/>` +
        s.gaps.map(g => `<rect x="${X(g[0])}" width="${Math.max(1.5, X(g[1]) - X(g[0]))}" y="${y}" height="14" fill="#c22f4e"><title>${((g[1] - g[0]) * 1e3).toFixed(0)} ms</title></rect>`).join("") +
        `<text x="${L - 5}" y="${y + 11}" text-anchor="end">${esc(s.name.slice(0, 8))}</text>`;
    }).join(""));
}
function film(m) {
  const scaled = pts => { const [lo, hi] = range(pts.map(p => p[1])); return pts.map(p => [p[0], (p[1] - lo) / (hi - lo || 1)]); };
  const strip = m.film.length ? 104 : 0;
  return plot({h: 200 + strip, top: 12 + strip, x: m.excerpt, y: [-0.05, 1.08], xlabel: "session time by the fitted clock, s", label: "both signals, aligned, under the frames"}, (X, Y, w) => {
    const wide = Math.min(128, (w - L - R) / Math.max(1, m.film.length) - 3);
    return m.film.map(f => `<image href="data:image/jpeg;base64,${f.jpeg}" x="${X(f.s) - wide / 2}" y="2" width="${wide}" height="90" preserveAspectRatio="xMidYMid"/><line x1="${X(f.s)}" x2="${X(f.s)}" y1="92" y2="${Y(-0.05)}" stroke="#c22f4e" stroke-dasharray="2 3"/>`).join("") +
      line(scaled(m.against_signal), X, Y, "#b5650b") + line(scaled(m.own_signal), X, Y, "#3566b8");
  });
}
let html = `<h1>${esc(data.session)}: clocks</h1>`;
if (data.clocks.length) {
  html += "<table><tr><th>clock of<th>against<th>by<th>verdict<th>offset ms<th>drift ppm<th>height<th>2nd / 1st</tr>";
  for (const m of data.clocks) html += `<tr><td>${esc(m.stream)}<td>${esc(m.against)}<td>${esc(m.by)} / ${esc(m.against_by)}<td><span class="v ${m.verdict}">${m.verdict}</span><td class="n">${num(m.offset_ms, 3)}${m.offset_ms === null ? "" : " &plusmn; " + num(m.interval_ms, 3)}<td class="n">${num(m.drift_ppm, 2)}${m.offset_ms === null ? "" : " &plusmn; " + num(m.drift_interval_ppm, 2)}<td class="n">${num(m.height, 3)}<td class="n">${num(m.ratio, 3)}</tr>`;
  html += "</table>";
}
html += `<h3>Gaps</h3>` + gaps(data.streams, data.extent_s);
for (const m of data.clocks) {
  html += `<h2>${esc(m.stream)} against ${esc(m.against)} <span class="v ${m.verdict}">${m.verdict}</span></h2>`;
  if (m.reason) html += `<p class="note">${esc(m.reason)}</p>`;
  if (m.joined) html += `<p class="note">The clock began anew; ${esc(m.joined)}</p>`;
  if (m.residuals.length) html += "<h3>Residuals of the pairs over time</h3>" + delays(m);
  if (m.curve.length) html += "<h3>Correlation and its peaks</h3>" + correlation(m);
  if (m.own_signal.length) html += `<h3>The alignment, to be seen: <span style="color:#3566b8">${esc(m.by)} of ${esc(m.stream)}</span> over <span style="color:#b5650b">${esc(m.against_by)} of ${esc(m.against)}</span>${m.offset_ms === null ? ", by the clock as it was before" : ""}</h3>` + film(m);
  if (m.windows.length) html += `<div class="pair"><div><h3>Residuals over time</h3>${residuals(m)}</div><div><h3>Skew on the grid, as stated before</h3>${m.histogram.length ? histogram(m.histogram, 512) : ""}</div></div>`;
}
for (const s of data.streams) if (s.histogram.length && !data.clocks.some(m => m.stream === s.name && m.windows.length))
  html += `<h2>${esc(s.name)}</h2><h3>Skew on the grid</h3>` + histogram(s.histogram, W);
document.getElementById("page").innerHTML = html;
</script></body></html>
)page";

}  // namespace reelcell::pipeline
