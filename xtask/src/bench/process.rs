//! What a server costs, as the kernel counts it.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// The kernel counts a process's CPU time in these; 100 a second wherever Linux runs.
const TICK: Duration = Duration::from_millis(10);

/// Bytes of a page of socket memory in `/proc/net/sockstat`.
const PAGE_BYTES: u64 = 4096;

/// The processes that are one server, all of whose threads count.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Processes(Vec<u32>);

impl Processes {
    /// A process and its children, which have to be there already.
    pub(crate) fn family_of(pid: u32) -> Result<Self> {
        let children = read(&format!("/proc/{pid}/task/{pid}/children"))?;
        let mut pids = vec![pid];
        for child in children.split_whitespace() {
            pids.push(child.parse().context("a child's number is none")?);
        }
        Ok(Self(pids))
    }

    /// How many processes these are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// CPU time used so far, in user space and in the kernel; exact to 10 ms.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let mut ticks = 0;
        for pid in &self.0 {
            let text = read(&format!("/proc/{pid}/stat"))?;
            ticks += cpu_ticks(&text).with_context(|| format!("odd /proc/{pid}/stat"))?;
        }
        Ok(TICK * ticks)
    }

    /// Bytes of memory in use, pages shared with the C library and the like included.
    pub(crate) fn resident(&self) -> Result<u64> {
        let mut bytes = 0;
        for pid in &self.0 {
            let text = read(&format!("/proc/{pid}/smaps_rollup"))?;
            bytes +=
                resident_bytes(&text).with_context(|| format!("odd /proc/{pid}/smaps_rollup"))?;
        }
        Ok(bytes)
    }
}

/// Bytes that the kernel holds in the buffers of all TCP sockets of this machine, on both ends.
pub(crate) fn kernel_socket_bytes() -> Result<u64> {
    let text = read("/proc/net/sockstat")?;
    let pages = socket_pages(&text).context("odd /proc/net/sockstat")?;
    Ok(pages * PAGE_BYTES)
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {path}"))
}

/// Fields 14 and 15, `utime` and `stime`; field 2 is a name that may hold spaces and brackets.
fn cpu_ticks(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let kernel: u32 = fields.next()?.parse().ok()?;
    Some(user + kernel)
}

fn resident_bytes(rollup: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Rss:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

fn socket_pages(sockstat: &str) -> Option<u64> {
    let line = sockstat
        .lines()
        .find_map(|line| line.strip_prefix("TCP:"))?;
    let mut words = line.split_whitespace();
    words.find(|word| *word == "mem")?;
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_found_behind_any_name() {
        let stat = "7 (a) 1 (b) S 1 7 7 0 -1 4194560 9 0 0 0 31 12 5 6 20 0 1 0 100 0 0";
        assert_eq!(cpu_ticks(stat), Some(43));
        assert_eq!(cpu_ticks("7 (a) S 1"), None);
    }

    #[test]
    fn memory_is_read_in_its_units() {
        let rollup =
            "00400000-7ffe ---p 00000000 00:00 0 [rollup]\nRss:                4321 kB\nPss: 1 kB";
        assert_eq!(resident_bytes(rollup), Some(4321 * 1024));
        let sockstat =
            "sockets: used 9\nTCP: inuse 5 orphan 0 tw 0 alloc 8 mem 17\nUDP: inuse 1 mem 3";
        assert_eq!(socket_pages(sockstat), Some(17));
    }
}
