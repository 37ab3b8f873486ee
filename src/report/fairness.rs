use crate::report::AgentFigures;

/// Milliseconds of an hour.
const HOUR_MS: f64 = 3_600_000.0;

/// How evenly work is shared out between agents: offers made per hour in which the agent could be given work (ready, rung,
/// talking or in wrap-up). Agents without such time are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Fairness {
    /// Agents compared.
    pub agents: usize,
    /// Gini coefficient, `Σᵢ Σⱼ |xᵢ − xⱼ| ÷ (2·n²·mean)`: 0 when all have the same rate, (n−1)/n when one has everything.
    /// `None`: there is nobody, or there were no offers.
    pub gini: Option<f64>,
    /// Greatest rate less the smallest, in offers per hour; `None`: there is nobody.
    pub spread: Option<f64>,
}

impl Fairness {
    /// How evenly the offers were shared out between these agents.
    #[must_use]
    pub fn between<'a>(agents: impl IntoIterator<Item = &'a AgentFigures>) -> Self {
        let mut rates: Vec<f64> = agents
            .into_iter()
            .filter(|agent| agent.staffed_ms() > 0)
            .map(|agent| agent.offers.made as f64 * HOUR_MS / agent.staffed_ms() as f64)
            .collect();
        rates.sort_by(f64::total_cmp);
        let (n, sum) = (rates.len() as f64, rates.iter().sum::<f64>());
        // Over sorted values: Σᵢ Σⱼ |xᵢ − xⱼ| = 2·Σᵢ (2i − n − 1)·xᵢ, with i from 1.
        let weighted: f64 = rates.iter().zip(1_u32..).map(|(x, i)| (2.0 * f64::from(i) - n - 1.0) * x).sum();
        let spread = rates.first().zip(rates.last()).map(|(least, most)| most - least);
        Self { agents: rates.len(), gini: (sum > 0.0).then(|| weighted / (n * sum)), spread }
    }
}
