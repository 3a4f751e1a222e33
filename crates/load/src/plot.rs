//! Cost against receivers, as an SVG that browsers and the documentation show as it is.

use std::fmt::Write;

/// The picture and the frame within it, in pixels.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 60.0;
const BOTTOM: f64 = 310.0;
const TOP: f64 = 30.0;
const RIGHT: f64 = 700.0;

/// One point: receivers and µs a packet; false: the run does not count.
pub type Point = (usize, f64, bool);

/// The plot; `limit` is drawn as a line across it.
pub fn svg(points: &[Point], limit: Option<f64>) -> String {
    let most_receivers = points.iter().map(|point| point.0).max().unwrap_or(1) as f64;
    let most_cost = points.iter().map(|point| point.1).chain(limit).fold(1.0, f64::max) * 1.1;
    let x = |receivers: f64| LEFT + (RIGHT - LEFT) * receivers / most_receivers;
    let y = |cost: f64| BOTTOM - (BOTTOM - TOP) * cost / most_cost;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n\
         <path d=\"M{LEFT} {TOP}V{BOTTOM}H{RIGHT}\" fill=\"none\" stroke=\"#333\"/>\n\
         <text x=\"{LEFT}\" y=\"20\">CPU of the relay, µs per forwarded packet</text>\n\
         <text x=\"{RIGHT}\" y=\"350\" text-anchor=\"end\">receivers</text>\n"
    );
    for step in 0..=5 {
        let cost = most_cost * f64::from(step) / 5.0;
        let _ = writeln!(svg, "<text x=\"50\" y=\"{:.0}\" text-anchor=\"end\">{cost:.1}</text>", y(cost) + 4.0);
    }
    if let Some(limit) = limit {
        let at = y(limit);
        let _ = writeln!(
            svg,
            "<path d=\"M{LEFT} {at:.1}H{RIGHT}\" stroke=\"#888\" stroke-dasharray=\"5 4\"/>\n\
             <text x=\"{RIGHT}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#666\">limit: seal + send, {limit:.2} µs</text>",
            at - 6.0
        );
    }
    let path: Vec<String> =
        points.iter().map(|(receivers, cost, _)| format!("{:.1} {:.1}", x(*receivers as f64), y(*cost))).collect();
    let _ = writeln!(svg, "<path d=\"M{}\" fill=\"none\" stroke=\"#0b5cad\" stroke-width=\"2\"/>", path.join("L"));
    for (receivers, cost, counts) in points {
        let (at, fill) = (x(*receivers as f64), if *counts { "#0b5cad" } else { "#fff" });
        let _ = writeln!(
            svg,
            "<circle cx=\"{at:.1}\" cy=\"{:.1}\" r=\"4\" fill=\"{fill}\" stroke=\"#0b5cad\"/>\n\
             <text x=\"{at:.1}\" y=\"326\" text-anchor=\"middle\">{receivers}</text>",
            y(*cost)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_is_drawn_and_void_ones_are_hollow() {
        let svg = svg(&[(16, 2.0, true), (1_200, 1.5, false)], Some(1.0));

        assert_eq!(svg.matches("<circle").count(), 2);
        assert_eq!(svg.matches("r=\"4\" fill=\"#fff\"").count(), 1);
        assert!(svg.contains("limit: seal + send, 1.00 µs") && svg.ends_with("</svg>\n"));
    }
}
