//! What processes have cost, by the kernel's books.

use std::fs;

fn stat(pid: u32) -> Option<Vec<u64>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may have spaces and brackets in it: what counts comes after the last one.
    let rest = stat.rsplit_once(')')?.1;
    Some(rest.split_whitespace().skip(1).map(|field| field.parse().unwrap_or(0)).collect())
}

/// Nanoseconds on the CPU of all threads of a process (`/proc/PID/task/*/schedstat`, proc(5)).
fn on_cpu(pid: u32) -> u64 {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let spent = threads.filter_map(|thread| fs::read_to_string(thread.path().join("schedstat")).ok());
    spent.filter_map(|line| line.split_whitespace().next()?.parse::<u64>().ok()).sum()
}

/// Milliseconds that the children of a process had spent when they ended: fields 16 and 17 of proc(5)'s `stat`, in
/// hundredths of a second.
fn of_ended_children(pid: u32) -> u64 {
    stat(pid).map_or(0, |fields| (fields.get(12).unwrap_or(&0) + fields.get(13).unwrap_or(&0)) * 10)
}

fn children(parent: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| stat(*pid).is_some_and(|fields| fields.first() == Some(&u64::from(parent)))).collect()
}

/// Microseconds that the server process and all of PostgreSQL have spent so far.
pub(crate) fn cpu_us(server: u32, postmaster: u32) -> f64 {
    let backends = children(postmaster).into_iter().map(on_cpu).sum::<u64>() + on_cpu(postmaster);
    (on_cpu(server) + backends) as f64 / 1_000.0 + of_ended_children(postmaster) as f64 * 1_000.0
}

/// Memory of a process that is its own or shared in equal parts, in MB.
pub(crate) fn resident_mb(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kb: f64 = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0.0);
    kb / 1024.0
}

/// The middle of some figures.
pub(crate) fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of.get(of.len() / 2).copied().unwrap_or(f64::NAN)
}
