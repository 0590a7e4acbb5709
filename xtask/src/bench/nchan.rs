//! Nchan: the push module of nginx, as Debian packages it.
//!
//! One worker, messages in memory, everything else at its default; locations as ours.

use std::env;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::process::Processes;

/// Where packages put the program; not on everybody's path.
const PROGRAMS: [&str; 3] = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"];

/// Where packages put the module.
const MODULES: [&str; 2] = [
    "/usr/lib/nginx/modules/ngx_nchan_module.so",
    "/usr/lib64/nginx/modules/ngx_nchan_module.so",
];

/// Time to start or to stop.
const PATIENCE: Duration = Duration::from_secs(5);

/// An nginx with the module.
#[derive(Debug)]
pub(super) struct Nchan {
    program: PathBuf,
    module: PathBuf,
    pub(super) version: String,
}

/// A running one, with its directory.
#[derive(Debug)]
pub(super) struct NchanServer {
    pub(super) address: SocketAddr,
    program: PathBuf,
    directory: PathBuf,
    child: Child,
}

impl Nchan {
    /// Looks where packages put it.
    pub(super) fn find() -> Option<Self> {
        let program = PROGRAMS.iter().map(PathBuf::from).find(|it| it.is_file())?;
        let module = MODULES.iter().map(PathBuf::from).find(|it| it.is_file())?;
        let output = Command::new(&program).arg("-v").output().ok()?;
        let version = String::from_utf8_lossy(&output.stderr);
        Some(Self {
            program,
            module,
            version: version
                .trim()
                .trim_start_matches("nginx version: ")
                .to_owned(),
        })
    }

    pub(super) fn start(&self) -> Result<NchanServer> {
        let address = free_address()?;
        let directory = env::temp_dir().join(format!("fanfare-bench-{}", process::id()));
        fs::create_dir_all(&directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
        fs::write(directory.join("nginx.conf"), self.configuration(address))?;
        let child = command(&self.program, &directory)
            .stdout(Stdio::null())
            .spawn()
            .context("cannot run nginx")?;
        let mut server = NchanServer {
            address,
            program: self.program.clone(),
            directory,
            child,
        };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// A worker's connections are the limit of descriptors that is common; shared memory is enough
    /// for that many subscribers, and touched as it is used.
    fn configuration(&self, address: SocketAddr) -> String {
        let module = self.module.display();
        format!(
            "load_module {module};
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid nginx.pid;
error_log stderr error;
events {{ worker_connections 19900; multi_accept on; }}
http {{
  access_log off;
  tcp_nodelay on;
  keepalive_requests 1000000;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  nchan_max_reserved_memory 512M;
  nchan_message_buffer_length 100;
  nchan_message_timeout 1h;
  server {{
    listen {address} backlog=4096;
    location ~ ^/pub/(.+)$ {{
      nchan_publisher;
      nchan_channel_id $1;
    }}
    location ~ ^/sub/(.+)$ {{
      nchan_subscriber;
      nchan_channel_id $1;
      nchan_subscriber_first_message newest;
    }}
  }}
}}
"
        )
    }
}

impl NchanServer {
    /// Master and worker.
    pub(super) fn processes(&self) -> Result<Processes> {
        Processes::family_of(self.child.id())
    }

    /// The master listens before there is a worker to accept.
    fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(self.address).is_err() || self.processes()?.count() == 1 {
            if let Some(status) = self.child.try_wait()? {
                bail!("nginx ended: {status}");
            }
            if Instant::now() > deadline {
                bail!("nginx does not listen");
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for NchanServer {
    /// Asks the master to stop, as its worker would outlive it.
    fn drop(&mut self) {
        let asked = command(&self.program, &self.directory)
            .args(["-s", "stop"])
            .stderr(Stdio::null())
            .status();
        let deadline = Instant::now() + PATIENCE;
        while matches!(self.child.try_wait(), Ok(None)) {
            if asked.is_err() || Instant::now() > deadline {
                eprintln!("nginx does not stop: killed, its worker may be left");
                let _ = self.child.kill();
                let _ = self.child.wait();
            }
            thread::sleep(Duration::from_millis(20));
        }
        // A directory that is left in the place for such things does no harm.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn command(program: &Path, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("-p").arg(directory).args(["-c", "nginx.conf"]);
    command
}

/// A port that nobody has: nginx cannot tell which one it was given.
fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?)
}
