//! The server: one thread, which waits for all connections at once.

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use chrono::{DateTime, Utc};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;

use crate::{
    account::Account,
    answers::Context,
    faults::{Answer, Faults},
    form,
    log::Log,
};

/// An account that answers on a port of 127.0.0.1 for as long as this lives.
#[derive(Debug)]
pub struct Stub {
    address: SocketAddr,
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct State {
    account: Mutex<Account>,
    log: Mutex<Log>,
    faults: Faults,
}

/// A call that gets no answer.
#[derive(Debug)]
struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is closed on purpose")
    }
}

impl std::error::Error for Dropped {}

impl Stub {
    /// Starts to answer for `account`. It needs no runtime of the caller's, and goes on while the caller is blocked.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    #[expect(clippy::expect_used, reason = "without a free port or a thread no test can go on")]
    pub fn start(account: Account, faults: Faults) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("its number");
        let log = Mutex::new(Log::new(&faults));
        let state = Arc::new(State { account: Mutex::new(account), log, faults });
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&state);
        let thread = std::thread::Builder::new()
            .name("iam-stub".to_owned())
            .spawn(move || drop(run(listener, &serving, stopped)))
            .expect("a thread");
        Self { address, state, stop: Some(stop), thread: Some(thread) }
    }

    /// Where it answers, as an endpoint for the SDK.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often each action was called, failed attempts included.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        lock(&self.state.log).calls.clone()
    }

    /// The parameters of all calls in the order they came, if they are recorded.
    pub fn requests(&self) -> Vec<BTreeMap<String, String>> {
        lock(&self.state.log).requests.clone()
    }

    /// The messages that were published on SNS topics.
    pub fn published(&self) -> Vec<String> {
        lock(&self.state.log).published.clone()
    }

    /// The account, to be looked at or changed. No call is answered until the guard is gone.
    pub fn account(&self) -> MutexGuard<'_, Account> {
        lock(&self.state.account)
    }

    /// Forgets the calls, requests and messages so far. A credential report that had to be waited for has to be again.
    pub fn reset(&self) {
        lock(&self.state.log).reset();
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in a hook was already printed, and cannot be passed on from here.
            let _ = thread.join();
        }
    }
}

/// A test that panicked while it held the account has already failed; the others go on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn run(listener: TcpListener, state: &Arc<State>, stopped: oneshot::Receiver<()>) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        tokio::select! {
            served = accept(listener, state) => served,
            _ = stopped => Ok(()),
        }
    })
}

async fn accept(listener: tokio::net::TcpListener, state: &Arc<State>) -> io::Result<()> {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: some will be free soon.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        stream.set_nodelay(true)?;
        let state = Arc::clone(state);
        tokio::spawn(async move {
            let service = service_fn(move |request| respond(request, Arc::clone(&state)));
            // What the client did to the connection is the client's business.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn respond(request: Request<Incoming>, state: Arc<State>) -> Result<Response<Full<Bytes>>, Dropped> {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/calls") => {
            let calls = serde_json::json!(lock(&state.log).calls).to_string();
            return Ok(response(200, "application/json", calls));
        }
        (&Method::POST, "/reset") => {
            lock(&state.log).reset();
            return Ok(response(200, "application/json", "{}".to_owned()));
        }
        (&Method::POST, _) => {}
        _ => return Ok(response(405, "text/plain", "only POST".to_owned())),
    }
    let body = request.into_body().collect().await.map_err(|_| Dropped)?.to_bytes();
    let mut answer = state.answer(form::parse(&body));
    let mut delay = state.faults.latency;
    while let Answer::Late(more, inner) = answer {
        delay = delay.saturating_add(more);
        answer = *inner;
    }
    if delay > Duration::ZERO {
        tokio::time::sleep(delay).await;
    }
    match answer {
        Answer::Reply { status, body } => Ok(response(status, "text/xml", body)),
        Answer::Drop | Answer::Late(..) => Err(Dropped),
    }
}

fn response(status: u16, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    response
}

impl State {
    fn answer(&self, parameters: BTreeMap<String, String>) -> Answer {
        let call = lock(&self.log).enter(parameters, &self.faults);
        let mut account = lock(&self.account);
        // The log is free while the hook runs, which may want to look at it.
        let by_hand = self.faults.hook.as_ref().and_then(|hook| hook(&call, &mut account));
        let mut log = lock(&self.log);
        by_hand.or_else(|| log.fault(&call, &self.faults)).unwrap_or_else(|| {
            let mut context = Context {
                account: &mut account,
                log: &mut log,
                report: &self.faults.report,
                page: self.faults.page,
                now: now(),
            };
            context.answer(&call)
        })
    }
}

/// The time of the answers that tell one. Who asks has the real one, too.
#[expect(clippy::disallowed_methods, reason = "the stub stands for AWS, which has a clock of its own")]
fn now() -> DateTime<Utc> {
    Utc::now()
}
