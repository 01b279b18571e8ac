//! Every route, with the role that it needs: what is not in this table is not served.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Form, Path, Query};
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, middleware};
use serde::de::DeserializeOwned;

use super::access::{Needs, Role};
use super::answer::{Answer, Trouble};
use super::api::{self, decisions};
use super::house::{Desk, House};
use super::pages::{
    account, audit, bench, by_hand, certificate, compare, find, jobs, live, login, lot_parquet,
    lot_size, lot_table, lots, made_of, moved, queue, shift, standard_text, standards, switch,
    system, tray, what_if,
};
use super::server::{admit, give_headers, refuse_unknown};

/// A route and what it needs.
#[derive(Debug, Clone, Copy)]
pub struct RouteRule {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path.
    pub path: &'static str,
    /// What it needs: `None` nothing, else at least this role.
    pub needs: Option<Role>,
}

struct Route {
    method: &'static str,
    path: &'static str,
    needs: Needs,
    serve: fn() -> MethodRouter<()>,
}

const ANYBODY: Needs = Needs::Nothing;
const VIEWER: Needs = Needs::Role(Role::Viewer);
const OPERATOR: Needs = Needs::Role(Role::Operator);
const MANAGER: Needs = Needs::Role(Role::Manager);

const fn read(path: &'static str, needs: Needs, serve: fn() -> MethodRouter<()>) -> Route {
    Route {
        method: "GET",
        path,
        needs,
        serve,
    }
}

const fn write(path: &'static str, needs: Needs, serve: fn() -> MethodRouter<()>) -> Route {
    Route {
        method: "POST",
        path,
        needs,
        serve,
    }
}

const ROUTES: &[Route] = &[
    read("/", ANYBODY, || shown(live::to_live)),
    read("/style.css", ANYBODY, || get(made_of::style)),
    read("/page.js", ANYBODY, || get(made_of::script)),
    read("/login", ANYBODY, || shown(login::way_in)),
    write("/login", ANYBODY, || sent(login::log_in)),
    write("/logout", ANYBODY, || sent(login::log_out)),
    read("/language", ANYBODY, || shown(login::change_language)),
    read("/switch", VIEWER, || shown(switch::whole)),
    write("/switch", VIEWER, || sent(switch::by_pin)),
    write("/switch/badge", VIEWER, || sent(switch::by_badge)),
    read("/account", VIEWER, || shown(account::whole)),
    write("/account/pin", VIEWER, || sent(account::set_pin)),
    write("/account/badge", VIEWER, || sent(account::set_badge)),
    read("/live", VIEWER, || shown(live::whole)),
    read("/live/now", VIEWER, || shown(live::now)),
    read("/live/events", VIEWER, || get(live::events)),
    read("/tray", VIEWER, || shown(tray::whole)),
    read("/tray/cell", VIEWER, || shown(tray::cell)),
    write("/tray/measured", OPERATOR, || sent(by_hand::add)),
    write("/tray/cleared", OPERATOR, || sent(moved::clear)),
    read("/tray/picture", VIEWER, || shown(tray::picture)),
    read("/lots", VIEWER, || shown(lots::all)),
    read("/lot", VIEWER, || shown(lots::one)),
    write("/lot/size", OPERATOR, || sent(lot_size::stated)),
    read("/lot/table", VIEWER, || shown(lot_table::table)),
    read("/lot/trays.parquet", VIEWER, || shown(lot_parquet::table)),
    read("/compare", VIEWER, || shown(compare::whole)),
    read("/shift", VIEWER, || shown(shift::whole)),
    read("/find", VIEWER, || shown(find::whole)),
    read("/bench", VIEWER, || shown(bench::whole)),
    write("/bench/moved", OPERATOR, || sent(moved::at_bench)),
    write("/bench/moved/undo", OPERATOR, || sent(moved::undo)),
    write("/bench/consent", MANAGER, || sent(bench::consent)),
    read("/certificate", VIEWER, || shown(certificate::whole)),
    read("/certificate.pdf", VIEWER, || shown(certificate::pdf)),
    read("/review", VIEWER, || shown(queue::whole)),
    write("/correct", OPERATOR, || sent(queue::correct)),
    write("/correct/undo", OPERATOR, || sent(queue::undo)),
    read("/audit", VIEWER, || shown(audit::whole)),
    write("/audit/draw", OPERATOR, || sent(audit::draw)),
    write("/audit/answer", OPERATOR, || sent(audit::answer)),
    read("/standards", VIEWER, || shown(standards::all)),
    read("/standards/text", VIEWER, || shown(standards::text)),
    read("/jobs", VIEWER, || shown(jobs::whole)),
    read("/jobs/now", VIEWER, || shown(jobs::now)),
    read("/jobs/orders", VIEWER, || shown(jobs::ordered)),
    write("/jobs/begin", OPERATOR, || sent(jobs::begin)),
    write("/jobs/scan", OPERATOR, || sent(jobs::scan_card)),
    write("/jobs/end", OPERATOR, || sent(jobs::end_job)),
    read("/what-if", VIEWER, || shown(what_if::whole)),
    read("/what-if/outcome", VIEWER, || shown(what_if::part_of)),
    read("/standards/edit", VIEWER, || shown(standard_text::open)),
    write("/standards/edit/check", MANAGER, || {
        sent(standard_text::check)
    }),
    write("/standards/edit/save", MANAGER, || {
        sent(standard_text::save)
    }),
    write("/standards/save", MANAGER, || sent(what_if::save)),
    read("/api/v1/trays", VIEWER, || shown(api::list_trays)),
    read("/api/v1/tray", VIEWER, || shown(api::one_tray)),
    read("/api/v1/lots", VIEWER, || shown(api::list_lots)),
    read("/api/v1/lot", VIEWER, || shown(api::one_lot)),
    read("/api/v1/lots/{lot}/certificate", VIEWER, || {
        shown_at(api::certificate_of_lot)
    }),
    read("/api/v1/jobs", VIEWER, || shown(api::jobs::now)),
    write("/api/v1/jobs/begin", OPERATOR, || sent(api::jobs::begin)),
    write("/api/v1/jobs/change-over", OPERATOR, || {
        sent(api::jobs::change_over)
    }),
    write("/api/v1/jobs/end", OPERATOR, || sent(api::jobs::end)),
    read("/api/v1/refill", VIEWER, || shown(api::refill_plan)),
    read("/api/v1/lot/size", VIEWER, || {
        shown(api::lot_size::stated_of)
    }),
    write("/api/v1/lot/size", OPERATOR, || sent(api::lot_size::add)),
    read("/api/v1/moves", VIEWER, || shown(api::moves::of_tray)),
    write("/api/v1/moves", OPERATOR, || sent(api::moves::add)),
    write("/api/v1/moves/undo", OPERATOR, || sent(api::moves::undo)),
    read("/api/v1/lot/trend", VIEWER, || shown(api::lot_over_time)),
    read("/api/v1/lot/places", VIEWER, || shown(api::lot_by_place)),
    read("/api/v1/queue", VIEWER, || shown(api::cells::waiting)),
    read("/api/v1/corrections", VIEWER, || shown(api::cells::said)),
    write("/api/v1/corrections/add", OPERATOR, || {
        sent(api::cells::add)
    }),
    write("/api/v1/corrections/undo", OPERATOR, || {
        sent(api::cells::undo)
    }),
    read("/api/v1/compare", VIEWER, || shown(decisions::compared)),
    read("/api/v1/shift", VIEWER, || shown(api::shift::told)),
    read("/api/v1/find", VIEWER, || shown(api::find::found)),
    read("/api/v1/standards", VIEWER, || shown(decisions::standards)),
    read("/api/v1/what-if", VIEWER, || shown(decisions::what_if)),
    read("/api/v1/audit", VIEWER, || shown(decisions::audited)),
    read("/api/v1/events", VIEWER, || shown(decisions::events)),
    read("/api/v1/openapi.json", VIEWER, || shown(api::document)),
    read("/system", VIEWER, || shown(system::whole)),
];

/// Every route, for tests and documents.
#[must_use]
pub fn route_rules() -> Vec<RouteRule> {
    let rule = |route: &Route| RouteRule {
        method: route.method,
        path: route.path,
        needs: match route.needs {
            Needs::Nothing => None,
            Needs::Role(role) => Some(role),
        },
    };
    ROUTES.iter().map(rule).collect()
}

/// All routes, each behind its admission.
pub(super) fn router(house: &Arc<House>) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let door = middleware::from_fn_with_state((Arc::clone(house), route.needs), admit);
        router = router.route(route.path, (route.serve)().route_layer(door));
    }
    let unknown = middleware::from_fn_with_state((Arc::clone(house), ANYBODY), admit);
    router
        .fallback_service(get(refuse_unknown).route_layer(unknown))
        .layer(middleware::from_fn_with_state(
            Arc::clone(house),
            give_headers,
        ))
}

/// A page of what its address asks for.
fn shown<Q: DeserializeOwned + Send + 'static>(draw: fn(&Desk, Q) -> Answer) -> MethodRouter<()> {
    get(
        move |Extension(desk): Extension<Desk>, query: Result<Query<Q>, QueryRejection>| async move {
            let asked = query
                .map(|Query(q)| q)
                .map_err(|e| Trouble::Bad(e.body_text()));
            drawn(desk, asked, draw).await
        },
    )
}

/// A page of what its path names.
fn shown_at<P: DeserializeOwned + Send + 'static>(
    draw: fn(&Desk, Path<P>) -> Answer,
) -> MethodRouter<()> {
    get(
        move |Extension(desk): Extension<Desk>, path: Result<Path<P>, PathRejection>| async move {
            let asked = path.map_err(|e| Trouble::Bad(e.body_text()));
            drawn(desk, asked, draw).await
        },
    )
}

/// What a form asks for.
fn sent<F: DeserializeOwned + Send + 'static>(act: fn(&Desk, F) -> Answer) -> MethodRouter<()> {
    post(
        move |Extension(desk): Extension<Desk>, form: Result<Form<F>, FormRejection>| async move {
            let asked = form
                .map(|Form(f)| f)
                .map_err(|e| Trouble::Bad(e.body_text()));
            drawn(desk, asked, act).await
        },
    )
}

/// Pages read disks and count: they are drawn beside the threads that serve.
async fn drawn<A: Send + 'static>(
    desk: Desk,
    asked: Result<A, Trouble>,
    draw: fn(&Desk, A) -> Answer,
) -> axum::response::Response {
    let told = desk.clone();
    let house = Arc::clone(&desk.house);
    // never closed; a request whose visitor went away gives its place up with it
    let _place = house.drawing.acquire().await;
    let drawn = tokio::task::spawn_blocking(move || draw(&desk, asked?)).await;
    match drawn {
        Ok(Ok(response)) => response,
        Ok(Err(trouble)) => trouble.told(&told),
        Err(error) => Trouble::Broken(format!("drawing ended abnormally: {error}")).told(&told),
    }
}
