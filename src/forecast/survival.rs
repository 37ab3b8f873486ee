//! How long callers are patient, from a day on which most were answered first.

/// The Kaplan–Meier estimate of survival: of waits that ended by hanging up, and of waits that were cut short otherwise
/// (Kaplan and Meier 1958). Beyond the longest wait that ended by hanging up the rate is taken as even.
#[derive(Clone, Debug, PartialEq)]
pub struct Survival {
    /// Times at which somebody hung up, s, ascending, and the part still there after each.
    steps: Vec<(f64, f64)>,
    /// Hang-ups ÷ time waited, per second.
    rate: f64,
}

impl Survival {
    /// Of waits, s, each with whether it ended by hanging up. Ones that are negative or no number are passed over.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "numbers of callers")]
    pub fn of(waits: impl IntoIterator<Item = (f64, bool)>) -> Self {
        let mut waits: Vec<(f64, bool)> =
            waits.into_iter().filter(|(wait, _)| wait.is_finite() && *wait >= 0.0).collect();
        waits.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        let total: f64 = waits.iter().map(|(wait, _)| wait).sum();
        let mut there = waits.len();
        let (mut steps, mut part, mut hung_up) = (Vec::<(f64, f64)>::new(), 1.0, 0.0);
        for (wait, ended) in waits {
            if ended {
                part *= 1.0 - 1.0 / there as f64;
                hung_up += 1.0;
                match steps.last_mut() {
                    Some(last) if last.0 >= wait => last.1 = part,
                    _ => steps.push((wait, part)),
                }
            }
            there -= 1;
        }
        Self { steps, rate: if total > 0.0 { hung_up / total } else { 0.0 } }
    }

    /// Part still there after `wait_s`.
    #[must_use]
    pub fn after(&self, wait_s: f64) -> f64 {
        let at = self.steps.partition_point(|(time, _)| *time <= wait_s);
        let Some(&(time, part)) = at.checked_sub(1).and_then(|at| self.steps.get(at)) else { return 1.0 };
        if at < self.steps.len() { part } else { part * (-self.rate * (wait_s - time)).exp() }
    }

    /// Hang-ups ÷ time waited, per second: θ.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// When somebody who is still there after `waited_s` hangs up, s from the beginning of the wait: the smaller the `unit`, between
    /// 0 and 1, the later. Infinite if nobody ever did.
    #[must_use]
    pub fn beyond(&self, waited_s: f64, unit: f64) -> f64 {
        let part = self.after(waited_s) * unit.clamp(1e-12, 1.0);
        let at = self.steps.partition_point(|(_, still)| *still > part);
        match self.steps.get(at) {
            Some((time, _)) => time.max(waited_s),
            None if self.rate > 0.0 => {
                let (last, still) = self.steps.last().copied().unwrap_or((0.0, 1.0));
                let (from, still) = if waited_s > last { (waited_s, self.after(waited_s)) } else { (last, still) };
                from + (still.max(1e-300) / part.max(1e-300)).ln().max(0.0) / self.rate
            }
            None => f64::INFINITY,
        }
    }
}
