//! nginx, with what a test puts into its configuration.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use fanfare_testkit::lines::Lines;
use fanfare_testkit::tools::Tool;

use super::until;

/// Where Debian puts the module.
const NCHAN: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";

#[derive(Debug)]
pub(crate) struct Nginx {
    child: Child,
    address: SocketAddr,
    folder: PathBuf,
}

impl Nginx {
    /// A server with these locations.
    pub(crate) fn start(locations: &str) -> Self {
        Self::run("", locations)
    }

    /// The same with Nchan in it.
    pub(crate) fn with_nchan(locations: &str) -> Self {
        assert!(
            std::path::Path::new(NCHAN).is_file(),
            "this test needs the package `libnginx-mod-nchan`; `./test` installs it"
        );
        Self::run(&format!("load_module {NCHAN};"), locations)
    }

    fn run(modules: &str, locations: &str) -> Self {
        // nginx cannot be given port 0. Nobody else takes this one in the moment between.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("nginx-{port}"));
        std::fs::create_dir_all(&folder).unwrap();
        let config = folder.join("nginx.conf");
        std::fs::write(&config, configuration(modules, address, locations)).unwrap();
        let mut child = Command::new(Tool::Nginx.path())
            .arg("-p")
            .arg(&folder)
            .arg("-c")
            .arg(&config)
            .args(["-e", "stderr"])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("nginx starts");
        let log = Lines::read(child.stderr.take().unwrap());
        let nginx = Self {
            child,
            address,
            folder,
        };
        until("nginx listens", || {
            assert!(!log.so_far().contains("[emerg]"), "{}", log.so_far());
            TcpStream::connect(address).is_ok()
        });
        nginx
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // One process, see `master_process`. It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Left behind it does no harm: the folder is the build's.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn configuration(modules: &str, address: SocketAddr, locations: &str) -> String {
    format!(
        "{modules}
        daemon off;
        master_process off;
        worker_processes 1;
        pid nginx.pid;
        events {{ worker_connections 256; }}
        http {{
            access_log off;
            client_body_temp_path body;
            proxy_temp_path proxy;
            fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi;
            scgi_temp_path scgi;
            server {{
                listen {address};
                {locations}
            }}
        }}"
    )
}
