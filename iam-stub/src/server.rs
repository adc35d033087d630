//! The server: one thread, which waits for all connections at once.

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{Arc, MutexGuard},
    thread::JoinHandle,
    time::Duration,
};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::sync::oneshot;

use crate::{
    account::Account,
    faults::{Answer, Faults},
    objects,
    state::{Kept, State, lock},
};

/// The body of an answer.
pub(crate) type Body = Full<Bytes>;

/// What `X-Amz-Target` begins with in calls of AWS Organizations.
const ORGANIZATIONS: &str = "AWSOrganizationsV20161128.";

/// An account, or several, that answer on a port of 127.0.0.1 for as long as this lives.
#[derive(Debug)]
pub struct Stub {
    address: SocketAddr,
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
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
    pub fn start(account: Account, faults: Faults) -> Self {
        Self::start_all(vec![account], faults)
    }

    /// The same for accounts of an organization, of which the first is that of who calls without a session.
    ///
    /// # Panics
    ///
    /// If there is no account, or no free port.
    #[expect(clippy::expect_used, reason = "without a free port or a thread no test can go on")]
    pub fn start_all(accounts: Vec<Account>, faults: Faults) -> Self {
        assert!(!accounts.is_empty(), "no account");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("its number");
        let state = Arc::new(State::new(accounts, faults));
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

    /// How often each action was called in all accounts, failed attempts included.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.state.calls()
    }

    /// The parameters of all calls in the first account in the order they came, if they are recorded.
    pub fn requests(&self) -> Vec<BTreeMap<String, String>> {
        lock(&self.home().log).requests.clone()
    }

    /// The messages that were published on SNS topics by the first account.
    pub fn published(&self) -> Vec<String> {
        lock(&self.home().log).published.clone()
    }

    /// The first account, to be looked at or changed. No call to it is answered until the guard is gone.
    pub fn account(&self) -> MutexGuard<'_, Account> {
        lock(&self.home().account)
    }

    /// The account of this number.
    pub fn account_of(&self, id: &str) -> Option<MutexGuard<'_, Account>> {
        self.state.account(id).map(|kept| lock(&kept.account))
    }

    #[expect(clippy::expect_used, reason = "there is a first account from the start on")]
    fn home(&self) -> &Kept {
        self.state.home().expect("the first account")
    }

    /// Forgets the calls, requests and messages so far. A credential report that had to be waited for has to be again.
    pub fn reset(&self) {
        self.state.reset();
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

async fn respond(request: Request<Incoming>, state: Arc<State>) -> Result<Response<Body>, Dropped> {
    let told = match (request.method(), request.uri().path()) {
        (&Method::GET, "/calls") => Some(json!(state.calls())),
        (&Method::GET, "/accounts") => Some(state.described()),
        (&Method::POST, "/reset") => {
            state.reset();
            Some(json!({}))
        }
        _ => None,
    };
    if let Some(told) = told {
        return Ok(response(200, "application/json", told.to_string()));
    }
    let (parts, body) = request.into_parts();
    let request = Request::from_parts(parts, body.collect().await.map_err(|_| Dropped)?.to_bytes());
    let (answer, delay) = answer(&request, &state);
    let delay = delay.saturating_add(state.faults.latency);
    if delay > Duration::ZERO {
        tokio::time::sleep(delay).await;
    }
    answer
}

/// The answer, and how much later it comes than others.
fn answer(request: &Request<Bytes>, state: &State) -> (Result<Response<Body>, Dropped>, Duration) {
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    if let Some(action) = target.strip_prefix(ORGANIZATIONS) {
        let (status, answer) = state.organization(action, request.body());
        return (Ok(response(status, "application/x-amz-json-1.1", answer.to_string())), Duration::ZERO);
    }
    if let Some(action) = objects::action(request).filter(|_| request.uri().path() != "/") {
        return (Ok(state.objects(action, request)), Duration::ZERO);
    }
    if request.method() != Method::POST {
        return (Ok(response(405, "text/plain", "only POST")), Duration::ZERO);
    }
    let (mut answer, mut delay) = (state.answer(request.headers(), request.body()), Duration::ZERO);
    while let Answer::Late(more, inner) = answer {
        delay = delay.saturating_add(more);
        answer = *inner;
    }
    match answer {
        Answer::Reply { status, body } => (Ok(response(status, "text/xml", body)), delay),
        Answer::Drop | Answer::Late(..) => (Err(Dropped), delay),
    }
}

pub(crate) fn response(status: u16, kind: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    response
}
