//! Numbers as people read them.

/// Bytes in binary units: `532 B`, `1.5 KiB`, `12 MiB`.
///
/// ```
/// use seal_nn::report::format::bytes;
/// assert_eq!(bytes(1536), "1.5 KiB");
/// ```
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut value = count as f64 / 1024.0;
    let mut unit = 0;
    // 1023.95 and more would be printed as 1024.
    while value >= 1023.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{} {}", three_digits(value), UNITS[unit])
}

/// A duration: `850 µs`, `12.3 ms`, `4.56 s`, `2 min 05 s`, `1 h 02 min`; `-` for NaN, infinity and negative ones.
///
/// ```
/// use seal_nn::report::format::seconds;
/// assert_eq!(seconds(0.0123), "12.3 ms");
/// assert_eq!(seconds(125.0), "2 min 05 s");
/// ```
pub fn seconds(value: f64) -> String {
    if !(value.is_finite() && value >= 0.0) {
        return "-".into();
    }
    let whole = value.round() as u64;
    match value {
        0.0 => "0 s".into(),
        v if v < 0.9995e-3 => format!("{} µs", three_digits(v * 1e6)),
        v if v < 0.9995 => format!("{} ms", three_digits(v * 1e3)),
        v if v < 59.95 => format!("{} s", three_digits(v)),
        v if v < 3599.5 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// The rate of a line, in bits per second.
///
/// ```
/// use seal_nn::report::format::bit_rate;
/// assert_eq!([2e7, 1e10, 2.345e10, 64.0].map(bit_rate), ["20 Mbit/s", "10 Gbit/s", "23.4 Gbit/s", "64 bit/s"]);
/// ```
pub fn bit_rate(bits_per_second: f64) -> String {
    match bits_per_second {
        v if v < 999.5 => format!("{} bit/s", three_digits(v)),
        v if v < 999.5e3 => format!("{} kbit/s", three_digits(v / 1e3)),
        v if v < 999.5e6 => format!("{} Mbit/s", three_digits(v / 1e6)),
        v => format!("{} Gbit/s", three_digits(v / 1e9)),
    }
}

/// A count with its thousands set apart.
///
/// ```
/// use seal_nn::report::format::count;
/// assert_eq!(count(1234567), "1,234,567");
/// ```
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A share of 1 with one decimal: `96.7%`; `-` for NaN and infinity.
///
/// ```
/// use seal_nn::report::format::percent;
/// assert_eq!(percent(29.0 / 30.0), "96.7%");
/// ```
pub fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.1}%", 100.0 * share) } else { "-".into() }
}

/// A loss: four decimals where they say something, else the exponential form; `-` for NaN and infinity.
///
/// ```
/// use seal_nn::report::format::loss;
/// assert_eq!(loss(0.08345), "0.0834");
/// assert_eq!(loss(2.5e-6), "2.50e-6");
/// ```
pub fn loss(value: f64) -> String {
    match value.abs() {
        size if !size.is_finite() => "-".into(),
        size if size == 0.0 || (1e-2..1e4).contains(&size) => format!("{value:.4}"),
        _ => small(value),
    }
}

/// A difference or an error, in exponential form: `1.2e-7` reads as `1.20e-7`; `-` for NaN and infinity.
pub fn small(value: f64) -> String {
    match value {
        v if !v.is_finite() => "-".into(),
        0.0 => "0".into(),
        v => format!("{v:.2e}"),
    }
}

/// A text without control characters, which would reach the terminal: they are shown as `\u{1b}`, except line breaks and
/// tabs. So are the characters that change the direction of a text.
///
/// ```
/// use seal_nn::report::format::printable;
/// assert_eq!(printable("\u{1b}[31mred\n"), "\\u{1b}[31mred\n");
/// ```
pub fn printable(text: &str) -> String {
    let is_direction =
        |c| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            c if c.is_control() || is_direction(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

/// Three significant digits of a number below 1024.
fn three_digits(value: f64) -> String {
    let decimals = match value {
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_change_unit_where_they_should() {
        let cases = [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1 << 20, "1 MiB"), ((1 << 20) - 1, "1 MiB")];
        for (value, text) in cases {
            assert_eq!(bytes(value), text);
        }
        assert_eq!(bytes(u64::MAX), "16 EiB");
        assert_eq!(bytes(123_456_789), "118 MiB");
    }

    #[test]
    fn seconds_change_unit_where_they_should() {
        let cases = [
            (0.0, "0 s"),
            (1e-9, "0 µs"),
            (8.5e-4, "850 µs"),
            (0.99999e-3, "1 ms"),
            (0.9999, "1 s"),
            (4.56, "4.56 s"),
            (59.99, "1 min 00 s"),
            (3599.9, "1 h 00 min"),
            (7320.0, "2 h 02 min"),
            (f64::NAN, "-"),
            (-1.0, "-"),
            (f64::INFINITY, "-"),
        ];
        for (value, text) in cases {
            assert_eq!(seconds(value), text, "{value}");
        }
    }

    #[test]
    fn the_rest() {
        assert_eq!([0, 999, 1000, 1_000_000].map(count), ["0", "999", "1,000", "1,000,000"]);
        assert_eq!([1.0, 0.0, f64::NAN].map(percent), ["100.0%", "0.0%", "-"]);
        assert_eq!([0.0, -0.5, 123456.0, f64::INFINITY].map(loss), ["0.0000", "-0.5000", "1.23e5", "-"]);
        assert_eq!([0.0, 1.234e-7, f64::NAN].map(small), ["0", "1.23e-7", "-"]);
    }
}
