//! The carrier in a box, served over HTTP in real or accelerated time. Outside semver.
