//! The start page: where to go.

use leptos::prelude::*;

use crate::text::Text;

#[component]
pub(crate) fn Home(text: &'static Text) -> impl IntoView {
    view! {
        <main class="home">
            <h1>"Pantau"</h1>
            <p class="tagline">{text.tagline}</p>
            <nav>
                <a href="/wall/main"><strong>{text.open_wall}</strong><span>{text.open_wall_hint}</span></a>
                <a href="/desk"><strong>{text.open_desk}</strong><span>{text.open_desk_hint}</span></a>
                <a href="/ops"><strong>{text.open_ops}</strong><span>{text.open_ops_hint}</span></a>
            </nav>
            <p class="language">
                <a href=format!("?lang={}", text.other_code) hreflang=text.other_code>{text.other_language}</a>
            </p>
        </main>
    }
}
