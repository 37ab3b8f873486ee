//! Erlang's formulas against values computed elsewhere.

use proptest::prelude::*;
use switchboard::report::Ratio;
use switchboard::report::staffing::{
    AGENTS_MAX, Load, StaffingError, Target, erlang_b, erlang_c, forecast, required_agents, with_shrinkage,
};

fn close(found: f64, expected: f64, within: f64) {
    assert!((found - expected).abs() <= within, "{found} is not {expected}");
}

#[test]
fn erlang_b_and_c() {
    // Calls per hour, AHT in s, agents; B, C, ASA in s, service level within 20 s.
    let table = [
        (200.0, 180.0, 14, 0.056819, 0.174132, 7.836, 0.888350),
        (200.0, 180.0, 12, 0.119739, 0.449388, 40.445, 0.640158),
        (360.0, 240.0, 30, 0.040121, 0.172862, 6.914, 0.895154),
        (1000.0, 300.0, 90, 0.041227, 0.367289, 16.528, 0.764501),
        (5.0, 600.0, 2, 0.159236, 0.245098, 126.050, 0.764251),
    ];
    for (calls, aht, agents, b, c, asa, level) in table {
        let load = Load::new(calls, aht * 1_000.0).expect("a load");
        close(erlang_b(load.erlangs(), agents).expect("B"), b, 5e-7);
        close(erlang_c(load.erlangs(), agents).expect("C"), c, 5e-7);
        let found = forecast(&load, agents, 20_000.0).expect("a forecast");
        close(found.waits, c, 5e-7);
        close(found.wait_ms / 1_000.0, asa, 5e-4);
        close(found.answered_within, level, 5e-7);
        close(found.occupancy, load.erlangs() / f64::from(agents), 1e-12);
    }
}

#[test]
fn erlang_a_keeps_its_two_service_levels_apart() {
    // Patience in s, agents; P(W > 0), P(Ab), E[W] in s, answered within 20 s, gone within 20 s.
    let table =
        [(120.0, 10, 0.496853, 0.137464, 16.496, 0.640, 0.705), (180.0, 12, 0.303224, 0.053092, 9.557, 0.802, 0.828)];
    for (patience, agents, waits, abandons, wait, answered, gone) in table {
        let load = Load::new(200.0, 180_000.0).and_then(|load| load.with_patience(patience * 1_000.0));
        let found = forecast(&load.expect("a load"), agents, 20_000.0).expect("a forecast");
        close(found.waits, waits, 5e-7);
        close(found.abandons, abandons, 5e-7);
        close(found.wait_ms / 1_000.0, wait, 1e-3);
        close(found.answered_within, answered, 5e-4);
        close(found.gone_within, gone, 5e-4);
    }
}

#[test]
fn the_least_number_of_agents_is_found() {
    let load = Load::new(200.0, 180_000.0).expect("a load");
    let target = Target::new(0.8, 20_000.0).expect("a target");
    let (agents, found) = required_agents(&load, &target).expect("a number");
    assert!(found.answered_within >= 0.8);
    assert!(forecast(&load, agents - 1, 20_000.0).expect("a forecast").answered_within < 0.8);
    assert_eq!(agents, 14);
    // Callers who give up take work with them.
    let patient = load.with_patience(120_000.0).expect("a load");
    assert!(required_agents(&patient, &target).expect("a number").0 < agents);
    let calm = Target { occupancy_max: Some(0.6), abandons_max: Some(0.01), ..target };
    let (agents, found) = required_agents(&patient, &calm).expect("a number");
    assert!(agents >= 16 && found.occupancy <= 0.6 && found.abandons <= 0.01, "{agents} {found:?}");
    assert_eq!(with_shrinkage(14, 0.3), Ok(20));
    assert_eq!(with_shrinkage(14, 0.0), Ok(14));
}

#[test]
fn a_measured_patience_is_taken_over() {
    let load = Load::new(200.0, 180_000.0).expect("a load");
    let measured = load.with_theta(Ratio { numerator: 2, denominator: 240_000 }).expect("a load");
    close(measured.patience_ms.expect("patience"), 120_000.0, 1e-6);
    assert_eq!(load.with_theta(Ratio::default()).expect("a load"), load);
}

#[test]
fn more_load_than_agents() {
    let load = Load::new(200.0, 180_000.0).expect("a load");
    let found = forecast(&load, 10, 20_000.0).expect("a forecast");
    assert!(found.wait_ms.is_infinite());
    assert_eq!((found.waits, found.answered_within, found.occupancy), (1.0, 0.0, 1.0));
    // Impatience keeps the line short whatever the load: at twice the load half of the callers leave.
    let load = Load::new(2_000.0, 180_000.0).and_then(|load| load.with_patience(60_000.0)).expect("a load");
    let found = forecast(&load, 50, 20_000.0).expect("a forecast");
    close(found.abandons, 0.5, 0.01);
    close(found.occupancy, 1.0, 0.01);
    // A large floor with a long line: the power of the incomplete beta function alone would vanish.
    let load = Load::new(40_000.0, 180_000.0).and_then(|load| load.with_patience(600_000.0)).expect("a load");
    let found = forecast(&load, 1_000, 415_000.0).expect("a forecast");
    // In the fluid limit callers wait w with 1 − e^(−θw) = 1 − 1000/2000, that is 416 s.
    close(found.wait_ms / 1_000.0, 300.0, 5.0);
    assert!(found.answered_within > 0.1 && found.answered_within < 0.5, "{found:?}");
}

#[test]
fn numbers_without_meaning_are_refused() {
    assert_eq!(Load::new(0.0, 1.0), Err(StaffingError::NotPositive("calls_per_hour")));
    assert_eq!(Load::new(1.0, f64::NAN), Err(StaffingError::NotPositive("aht_ms")));
    let load = Load::new(10.0, 1_000.0).expect("a load");
    assert_eq!(load.with_patience(-1.0), Err(StaffingError::NotPositive("patience_ms")));
    assert!(forecast(&load, 0, 0.0).is_err() && forecast(&load, AGENTS_MAX + 1, 0.0).is_err());
    assert!(forecast(&load, 1, f64::INFINITY).is_err());
    assert!(forecast(&Load { aht_ms: f64::NAN, ..load }, 1, 0.0).is_err());
    assert_eq!(Target::new(1.0, 20_000.0), Err(StaffingError::NotAShare("answered_within")));
    assert_eq!(with_shrinkage(1, 1.0), Err(StaffingError::NotAShare("shrinkage")));
    assert!(erlang_b(f64::NAN, 3).is_err());
    let huge = Load::new(1e12, 1e9).expect("a load");
    assert!(required_agents(&huge, &Target::new(0.8, 20_000.0).expect("a target")).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the numbers: shares are shares, the balance of flows holds, more agents are better.
    #[test]
    fn erlang_a_is_consistent(calls in 1.0..5_000.0, aht in 10_000.0..900_000.0, patience in 5_000.0..3_600_000.0,
                              agents in 1_u32..400, threshold in 0.0..300_000.0) {
        let load = Load::new(calls, aht).and_then(|load| load.with_patience(patience)).expect("a load");
        let found = forecast(&load, agents, threshold).expect("a forecast");
        for share in [found.waits, found.abandons, found.answered_within, found.gone_within, found.occupancy] {
            prop_assert!((0.0..=1.0).contains(&share), "{found:?}");
        }
        prop_assert!(found.answered_within <= found.gone_within + 1e-9, "{found:?}");
        prop_assert!(found.answered_within >= 1.0 - found.waits - 1e-9, "{found:?}");
        prop_assert!((found.abandons - found.wait_ms / patience).abs() < 1e-6, "{found:?}");
        let better = forecast(&load, agents + 1, threshold).expect("a forecast");
        prop_assert!(better.answered_within >= found.answered_within - 1e-9, "{found:?} {better:?}");
        let later = forecast(&load, agents, threshold + 1_000.0).expect("a forecast");
        prop_assert!(later.answered_within >= found.answered_within - 1e-9);
        // After a very long time everybody is gone one way or the other.
        let end = forecast(&load, agents, 1e9).expect("a forecast");
        prop_assert!((end.gone_within - 1.0).abs() < 1e-6 && (end.answered_within - (1.0 - found.abandons)).abs() < 1e-6, "{end:?}");
    }
}
