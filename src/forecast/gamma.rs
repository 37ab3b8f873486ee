//! The gamma distribution, and Student's t: quantiles.

/// Natural logarithm of Γ(x) for x > 0 (Lanczos 1964, g = 7, nine terms); relative error below 1e-13.
fn ln_gamma(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        // Reflection.
        return (std::f64::consts::PI / (std::f64::consts::PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let base = x + 7.5;
    let mut sum = 0.999_999_999_999_809_9;
    let mut at = x;
    for coefficient in COEFFICIENTS {
        at += 1.0;
        sum += coefficient / at;
    }
    0.5 * std::f64::consts::TAU.ln() + (x + 0.5) * base.ln() - base + sum.ln()
}

/// The regularised lower incomplete gamma function P(a, x): chance that a gamma variable of shape `a` and scale 1 is at most
/// `x`. Series below `a + 1` (Abramowitz and Stegun 6.5.29), continued fraction above (6.5.31); absolute error below 1e-12.
/// 0 where `x` is not positive; NaN where `a` is not.
#[must_use]
pub fn gamma_p(a: f64, x: f64) -> f64 {
    if a.is_nan() || a <= 0.0 || x.is_nan() {
        return f64::NAN;
    }
    if x <= 0.0 {
        return 0.0;
    }
    if x.is_infinite() {
        return 1.0;
    }
    let scale = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut at) = (1.0 / a, 1.0 / a, a);
        for _ in 0..10_000 {
            at += 1.0;
            term *= x / at;
            sum += term;
            if term < sum * 1e-16 {
                break;
            }
        }
        return (sum * scale).min(1.0);
    }
    // Lentz's way through the fraction.
    const TINY: f64 = 1e-300;
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    let mut i = 0.0;
    for _ in 0..10_000 {
        i += 1.0;
        let an = -i * (i - a);
        b += 2.0;
        d = an * d + b;
        d = if d.abs() < TINY { TINY } else { d };
        c = b + an / c;
        c = if c.abs() < TINY { TINY } else { c };
        d = 1.0 / d;
        let step = d * c;
        fraction *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    (1.0 - scale * fraction).clamp(0.0, 1.0)
}

/// The value that a gamma variable of shape `a` and scale 1 does not exceed with chance `p`: the inverse of [`gamma_p`].
///
/// Begins with Wilson and Hilferty's cube (1931), ends with Newton steps kept inside a bracket that halves. On return
/// |[`gamma_p`] − `p`| is below 1e-11. 0 where `p` is not positive, infinite where it is 1 or more, NaN where `a` is not positive.
#[must_use]
pub fn gamma_quantile(a: f64, p: f64) -> f64 {
    if a.is_nan() || a <= 0.0 || p.is_nan() {
        return f64::NAN;
    }
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    let (mut low, mut high) = (0.0, a.max(1.0));
    while gamma_p(a, high) < p {
        low = high;
        high *= 2.0;
    }
    let ninth = 1.0 / (9.0 * a);
    let start = a * (1.0 - ninth + normal_quantile(p) * ninth.sqrt()).powi(3);
    let mut x = if start > low && start < high { start } else { f64::midpoint(low, high) };
    for _ in 0..200 {
        let off = gamma_p(a, x) - p;
        if off.abs() < 1e-13 {
            break;
        }
        if off > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let density = ((a - 1.0) * x.ln() - x - ln_gamma(a)).exp();
        let newton = x - off / density;
        x = if newton > low && newton < high { newton } else { f64::midpoint(low, high) };
        if high - low <= f64::EPSILON * high {
            break;
        }
    }
    x
}

/// Quantile of a wait with this mean and variance, taken as gamma: the match of the first two moments. Without variance the mean
/// itself.
#[must_use]
pub fn wait_quantile(mean: f64, variance: f64, p: f64) -> f64 {
    if mean <= 0.0 || variance <= mean * mean * 1e-9 {
        return mean.max(0.0);
    }
    let shape = mean * mean / variance;
    gamma_quantile(shape, p) * variance / mean
}

/// Quantile of the standard normal distribution (Abramowitz and Stegun 26.2.23); absolute error below 4.5e-4.
fn normal_quantile(p: f64) -> f64 {
    let tail = if p < 0.5 { p } else { 1.0 - p };
    let t = (-2.0 * tail.max(1e-300).ln()).sqrt();
    let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let below = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let z = t - above / below;
    if p < 0.5 { -z } else { z }
}

/// How many standard errors a two-sided 95 % interval reaches to either side of a mean of `n` values: Student's t with `n − 1`
/// degrees of freedom, by the expansion of Abramowitz and Stegun 26.7.5, error below 0.5 % from five values on. Infinite
/// below two values.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "no mean is taken of 2^53 values")]
pub fn t95(n: usize) -> f64 {
    if n < 2 {
        return f64::INFINITY;
    }
    let (v, z) = ((n - 1) as f64, 1.959_963_984_540_054_f64);
    let (z3, z5, z7, z9) = (z.powi(3), z.powi(5), z.powi(7), z.powi(9));
    z + (z3 + z) / (4.0 * v)
        + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * v.powi(2))
        + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * v.powi(3))
        + (79.0 * z9 + 776.0 * z7 + 1482.0 * z5 - 1920.0 * z3 - 945.0 * z) / (92_160.0 * v.powi(4))
}
