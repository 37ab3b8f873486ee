//! How many agents a load needs: the formulas of Erlang B, C and A.
//!
//! All assume Poisson arrivals, exponential handle times, and one queue served in order of arrival by agents who are alike.
//! Erlang B loses whoever finds all agents busy; Erlang C lets everybody wait for ever; Erlang A lets callers abandon after
//! an exponential patience, as callers do, so it needs fewer agents for the same service level.

use crate::report::Ratio;

/// Most agents that are considered.
pub const AGENTS_MAX: u32 = 100_000;
/// Most states of the line that are added up.
const STATES_MAX: u32 = 5_000_000;
/// States less likely than this, against the sum of the others, are left out.
const NEGLIGIBLE: f64 = 1e-18;
/// Beyond this the unnormalised probabilities are scaled down.
const LARGE: f64 = 1e200;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StaffingError {
    /// A number is negative, not finite, or 0 where that has no meaning.
    #[error("`{0}` must be a finite number above 0")]
    NotPositive(&'static str),
    /// A share is not between 0 and 1.
    #[error("`{0}` must be at least 0 and below 1")]
    NotAShare(&'static str),
    /// More agents than are considered, or too many states.
    #[error("no number of agents up to {AGENTS_MAX} was found: the load is too large, or the target cannot be met")]
    OutOfReach,
}

/// What comes in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Calls per hour.
    pub calls_per_hour: f64,
    /// Average handle time in ms, wrap-up included.
    pub aht_ms: f64,
    /// Mean patience in ms: 1/θ. `None`: nobody ever abandons.
    pub patience_ms: Option<f64>,
}

impl Load {
    /// So many calls per hour, each with this handle time in ms, from callers who never abandon.
    pub fn new(calls_per_hour: f64, aht_ms: f64) -> Result<Self, StaffingError> {
        positive(calls_per_hour, "calls_per_hour")?;
        positive(aht_ms, "aht_ms")?;
        Ok(Self { calls_per_hour, aht_ms, patience_ms: None })
    }

    /// The same from callers who abandon after this mean patience in ms.
    pub fn with_patience(self, patience_ms: f64) -> Result<Self, StaffingError> {
        positive(patience_ms, "patience_ms")?;
        Ok(Self { patience_ms: Some(patience_ms), ..self })
    }

    /// The same with the patience that was measured, θ = abandons ÷ ms waited; nobody abandoned: for ever.
    pub fn with_theta(self, theta: Ratio) -> Result<Self, StaffingError> {
        match theta.value().filter(|theta| *theta > 0.0) {
            Some(theta) => self.with_patience(1.0 / theta),
            None => Ok(self),
        }
    }

    /// Offered load in erlangs: a = λ·AHT.
    #[must_use]
    pub fn erlangs(&self) -> f64 {
        self.calls_per_hour * self.aht_ms / 3_600_000.0
    }

    fn checked(&self) -> Result<(), StaffingError> {
        positive(self.calls_per_hour, "calls_per_hour")?;
        positive(self.aht_ms, "aht_ms")?;
        self.patience_ms.map_or(Ok(()), |patience| positive(patience, "patience_ms"))
    }
}

fn positive(value: f64, name: &'static str) -> Result<(), StaffingError> {
    if value.is_finite() && value > 0.0 { Ok(()) } else { Err(StaffingError::NotPositive(name)) }
}

fn share(value: f64, name: &'static str) -> Result<(), StaffingError> {
    if (0.0..1.0).contains(&value) { Ok(()) } else { Err(StaffingError::NotAShare(name)) }
}

/// Erlang B: the share of calls that find all of `servers` busy and are lost, at an offered load of `erlangs`. By the
/// recursion `B(0) = 1, B(k) = a·B(k−1) ÷ (k + a·B(k−1))`, which neither overflows nor cancels.
pub fn erlang_b(erlangs: f64, servers: u32) -> Result<f64, StaffingError> {
    positive(erlangs, "erlangs")?;
    Ok((1..=servers).fold(1.0, |blocked, k| erlangs * blocked / (f64::from(k) + erlangs * blocked)))
}

/// Erlang C: the share of calls that have to wait, `C = s·B ÷ (s − a·(1 − B))`. With no more agents than erlangs the line
/// grows without end, and everybody waits: 1.
pub fn erlang_c(erlangs: f64, servers: u32) -> Result<f64, StaffingError> {
    let blocked = erlang_b(erlangs, servers)?;
    let s = f64::from(servers);
    Ok(if erlangs < s { s * blocked / (s - erlangs * (1.0 - blocked)) } else { 1.0 })
}

/// What a load and a number of agents come to.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Forecast {
    /// Share of calls that have to wait.
    pub waits: f64,
    /// Share of calls that abandon; 0 when callers never do.
    pub abandons: f64,
    /// Mean wait of all calls in ms, of those who abandon too; infinite when the line grows without end.
    pub wait_ms: f64,
    /// Calls answered within the threshold ÷ calls offered.
    pub answered_within: f64,
    /// Calls answered or abandoned within the threshold ÷ calls offered. Not the same: keep the two apart.
    pub gone_within: f64,
    /// Share of the agents' time that is busy.
    pub occupancy: f64,
}

/// What this load comes to with so many agents; the threshold is in ms. Erlang C when callers never abandon, otherwise
/// Erlang A (M/M/s+M; Palm 1957; Garnett, Mandelbaum, Reiman 2002).
pub fn forecast(load: &Load, agents: u32, threshold_ms: f64) -> Result<Forecast, StaffingError> {
    load.checked()?;
    if agents == 0 || agents > AGENTS_MAX {
        return Err(if agents == 0 { StaffingError::NotPositive("agents") } else { StaffingError::OutOfReach });
    }
    if !threshold_ms.is_finite() || threshold_ms < 0.0 {
        return Err(StaffingError::NotPositive("threshold_ms"));
    }
    match load.patience_ms {
        None => waits_for_ever(load, agents, threshold_ms),
        Some(patience_ms) => abandons(load, patience_ms, agents, threshold_ms),
    }
}

/// Erlang C: `ASA = C·AHT ÷ (s − a)`, `SL(T) = 1 − C·e^(−(s − a)·T ÷ AHT)`.
fn waits_for_ever(load: &Load, agents: u32, threshold_ms: f64) -> Result<Forecast, StaffingError> {
    let (a, s) = (load.erlangs(), f64::from(agents));
    let waits = erlang_c(a, agents)?;
    if a >= s {
        let never = Forecast {
            waits: 1.0,
            abandons: 0.0,
            wait_ms: f64::INFINITY,
            answered_within: 0.0,
            gone_within: 0.0,
            occupancy: 1.0,
        };
        return Ok(never);
    }
    let within = 1.0 - waits * (-(s - a) * threshold_ms / load.aht_ms).exp();
    Ok(Forecast {
        waits,
        abandons: 0.0,
        wait_ms: waits * load.aht_ms / (s - a),
        answered_within: within,
        gone_within: within,
        occupancy: a / s,
    })
}

/// Erlang A. With j callers ahead in line, the time V until an agent takes one is a sum of exponential times with rates
/// s·μ + k·θ, k = 0..j, so `e^(−θV)` is Beta(c, j + 1) with c = s·μ/θ. A caller is answered within T when V ≤ T and V comes
/// before the own patience: `E[e^(−θV); V ≤ T] = c ÷ (c + j + 1) · I_y(j + 1, c + 1)`, y = 1 − e^(−θT); is still there at T
/// with `e^(−θT)·(1 − I_y(j + 1, c))`. The incomplete beta functions I are carried from one j to the next by
/// `I_y(n + 1, b) = I_y(n, b) − y^n·(1 − y)^b ÷ (n·B(n, b))`.
fn abandons(load: &Load, patience_ms: f64, agents: u32, threshold_ms: f64) -> Result<Forecast, StaffingError> {
    let s = f64::from(agents);
    let lambda = load.calls_per_hour / 3_600_000.0;
    let (mu, theta) = (1.0 / load.aht_ms, 1.0 / patience_ms);
    let c = s * mu / theta;
    let left = (-theta * threshold_ms).exp();
    let y = -(-theta * threshold_ms).exp_m1();
    // Probabilities before they are normalised: of states with all agents busy as a share of those without a line.
    let mut state = erlang_b(load.erlangs(), agents)?;
    let (mut free, mut total, mut waits, mut line) = (1.0 - state, 1.0, 0.0, 0.0);
    let (mut answered, mut there) = (0.0, 0.0);
    let mut survives = Beta::first(y, c);
    let mut served = Beta::first(y, c + 1.0);
    for j in 0..STATES_MAX {
        let ahead = f64::from(j);
        waits += state;
        line += ahead * state;
        answered += state * c / (c + ahead + 1.0) * served.value;
        there += state * left * (1.0 - survives.value);
        survives.advance(y);
        served.advance(y);
        state *= lambda / (s * mu + (ahead + 1.0) * theta);
        let falls = lambda < s * mu + (ahead + 2.0) * theta;
        if falls && state <= NEGLIGIBLE * total {
            let share = |part: f64| (part / total).clamp(0.0, 1.0);
            let abandons = share(theta * line / lambda);
            return Ok(Forecast {
                waits: share(waits),
                abandons,
                wait_ms: line / total / lambda,
                answered_within: share(free + answered),
                gone_within: share(total - there),
                occupancy: (load.erlangs() * (1.0 - abandons) / s).min(1.0),
            });
        }
        total += state;
        if total > LARGE {
            for part in [&mut state, &mut free, &mut total, &mut waits, &mut line, &mut answered, &mut there] {
                *part /= LARGE;
            }
        }
    }
    Err(StaffingError::OutOfReach)
}

/// The regularised incomplete beta function I_y(n, b), for n = 1, 2, 3 …
struct Beta {
    n: f64,
    b: f64,
    value: f64,
    /// Logarithm of y^n·(1 − y)^b ÷ (n·B(n, b)): the power alone would vanish for a large b, and come back too late.
    ln_step: f64,
}

impl Beta {
    fn first(y: f64, b: f64) -> Self {
        // I_y(1, b) = 1 − (1 − y)^b, and B(1, b) = 1/b.
        let ln_power = b * (-y).ln_1p();
        Self { n: 1.0, b, value: -ln_power.exp_m1(), ln_step: y.ln() + ln_power + b.ln() }
    }

    fn advance(&mut self, y: f64) {
        self.value = (self.value - self.ln_step.exp()).max(0.0);
        self.ln_step += (y * (self.n + self.b) / (self.n + 1.0)).ln();
        self.n += 1.0;
    }
}

/// What agents are to achieve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// This share of calls is to be answered within the threshold, 0 to below 1.
    pub answered_within: f64,
    /// The threshold in ms.
    pub threshold_ms: f64,
    /// Greatest share of calls that may abandon; `None`: whatever.
    pub abandons_max: Option<f64>,
    /// Greatest occupancy of the agents; `None`: whatever.
    pub occupancy_max: Option<f64>,
}

impl Target {
    /// The share to be answered within so many ms, as in 0.8 within 20,000.
    pub fn new(answered_within: f64, threshold_ms: f64) -> Result<Self, StaffingError> {
        let target = Self { answered_within, threshold_ms, abandons_max: None, occupancy_max: None };
        target.checked().map(|()| target)
    }

    fn checked(&self) -> Result<(), StaffingError> {
        share(self.answered_within, "answered_within")?;
        self.abandons_max.map_or(Ok(()), |most| share(most, "abandons_max"))?;
        self.occupancy_max.map_or(Ok(()), |most| positive(most, "occupancy_max"))
    }

    fn is_met(&self, forecast: &Forecast) -> bool {
        forecast.answered_within >= self.answered_within
            && self.abandons_max.is_none_or(|most| forecast.abandons <= most)
            && self.occupancy_max.is_none_or(|most| forecast.occupancy <= most)
    }
}

/// The least number of agents with which the target is met, and what they come to.
pub fn required_agents(load: &Load, target: &Target) -> Result<(u32, Forecast), StaffingError> {
    target.checked()?;
    // More agents are never worse: double until it is enough, then halve the gap.
    let (mut too_few, mut enough) = (0, 1);
    let mut found = forecast(load, enough, target.threshold_ms)?;
    while !target.is_met(&found) {
        if enough >= AGENTS_MAX {
            return Err(StaffingError::OutOfReach);
        }
        too_few = enough;
        enough = enough.saturating_mul(2).min(AGENTS_MAX);
        found = forecast(load, enough, target.threshold_ms)?;
    }
    while enough - too_few > 1 {
        let middle = too_few + (enough - too_few) / 2;
        let tried = forecast(load, middle, target.threshold_ms)?;
        if target.is_met(&tried) {
            (enough, found) = (middle, tried);
        } else {
            too_few = middle;
        }
    }
    Ok((enough, found))
}

/// Agents to be employed so that `agents` are there, when this share of their time goes to breaks, training, leave and
/// illness: agents ÷ (1 − shrinkage), rounded up.
pub fn with_shrinkage(agents: u32, shrinkage: f64) -> Result<u32, StaffingError> {
    share(shrinkage, "shrinkage")?;
    let gross = (f64::from(agents) / (1.0 - shrinkage) - 1e-9).ceil();
    if gross <= f64::from(u32::MAX) { Ok(gross as u32) } else { Err(StaffingError::OutOfReach) }
}
