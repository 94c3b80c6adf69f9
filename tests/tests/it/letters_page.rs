//! The dead letters on the operations page: seen, understood and replayed by a person with a keyboard.

use pantau_tests::browser::Browser;
use pantau_tests::city::TestCity;
use pantau_tests::readings::Readings;
use pantau_tests::tools::{Tool, have};
use pantau_tests::webhook::{Post, complaint};
use serde_json::json;

use crate::letters::{register, register_as};
use crate::wall::LONG;

/// What a stranger sends to whoever looks at it.
const HOSTILE: &str = "<img src=x onerror=\"document.title='owned'\"> \u{202e}niamod";

/// True when the section's text has all of these.
fn says(words: &[&str]) -> String {
    let words = json!(words);
    format!(
        "{words}.every((word) => (document.querySelector('.dead-letters')?.innerText ?? '').includes(word))"
    )
}

/// True when so many letters are listed.
fn lists(letters: usize) -> String {
    format!("document.querySelectorAll('.letters li').length === {letters}")
}

/// Presses a button whose text begins so.
fn push(text: &str) -> String {
    let text = json!(text);
    format!(
        "[...document.querySelectorAll('.dead-letters button')]\
         .find((button) => !button.disabled && button.innerText.startsWith({text})).click()"
    )
}

async fn until(browser: &mut Browser, condition: &str) {
    if let Err(error) = browser.until(condition, LONG).await {
        let text = browser.eval("document.querySelector('.dead-letters').innerText").await;
        panic!("{error}\nthe page says: {text:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_sees_understands_and_replays_dead_letters_with_the_keyboard() {
    if !have("a_person_sees_understands_and_replays_dead_letters_with_the_keyboard", &[Tool::Browser]) {
        return;
    }
    let mut city = TestCity::plan().direct().start().await.unwrap();
    let mut browser = Browser::start(city.dir()).await.unwrap();
    browser.open(&format!("http://{}/ops", city.address()), 1920, 1080).await.unwrap();
    until(&mut browser, &says(&["Tidak ada surat mati", "Paling banyak 20.000 surat"])).await;

    let mut device = city.device("sen-01").await.unwrap();
    let topic = |leaf: &str| format!("pantau/1/metro/sensor/sen-01/{leaf}");
    device.publish(&topic("state"), b"{\"state\":\"\xff\xfe\"}".to_vec()).await.unwrap();
    device.publish(&topic("event"), HOSTILE).await.unwrap();
    for _ in 0..2 {
        device.publish(&topic("tele/senml"), r#"[{"n":"water_level","u":"V","v":1}]"#).await.unwrap();
    }
    device.acknowledged(LONG).await.unwrap();
    let mut event = complaint("LPR-7", "Lampu mati");
    event["data"]["agency"] = json!("dlh");
    assert_eq!(Post::new(event.to_string()).send(city.address()).await.unwrap().status, 400);
    // Newest first: the event, the unit, the hostile one, the bytes.
    until(&mut browser, &lists(4)).await;

    // From the newest to the next by the keyboard, and open it.
    browser.eval("document.querySelector('.letters summary').focus()").await.unwrap();
    browser.press(&["ArrowDown", "Enter"]).await.unwrap();
    let understood =
        ["satuan salah", "× 2", "di sana tertulis \"V\"", "Perbaiki satuan di perangkat", "2 kali"];
    until(&mut browser, &says(&understood)).await;
    browser.press(&["r"]).await.unwrap();
    until(&mut browser, &says(&["Selesai", "0 tersimpan", "1 tetap surat mati", "1 kali, terakhir"])).await;
    browser.press(&["ArrowDown", "Enter"]).await.unwrap();
    until(&mut browser, &says(&["<img src=x", "⟨U+202E⟩niamod"])).await;
    assert_eq!(
        browser.eval("document.querySelectorAll('.dead-letters img').length").await.unwrap(),
        json!(0)
    );
    browser.press(&["ArrowDown", "Enter"]).await.unwrap();
    until(&mut browser, &says(&["7b 22 73 74 61 74 65", "ff fe", "Bukan teks UTF-8"])).await;
    assert_eq!(browser.barriers().await.unwrap(), Vec::<serde_json::Value>::new());

    // Chosen with the keyboard, replayed together.
    browser.press(&["x", "ArrowUp", "x"]).await.unwrap();
    browser.eval(&push("Proses ulang yang dipilih (2)")).await.unwrap();
    until(&mut browser, &says(&["Selesai", "2 tetap surat mati"])).await;

    // The agency is registered: what it sent waits no longer, by itself, and the page shows it.
    let agency = "[[agency]]\ncode = \"dlh\"\nname = \"Dinas Lingkungan Hidup\"\nkind = \"dinas\"\n";
    register(&city, "dlh.toml", agency).await;
    until(&mut browser, &lists(3)).await;
    let known = city.get("/v1/complaints/LPR-7").await.unwrap();
    assert_eq!(known["agency"], "dlh");

    // A device that is registered as another class is mended; everything of that reason is replayed.
    let reading = Readings::of("sen-01").payload(1);
    device.publish("pantau/1/metro/ap/sen-01/tele/senml", reading).await.unwrap();
    device.acknowledged(LONG).await.unwrap();
    until(&mut browser, "document.querySelector('[data-reason=identity]') !== null").await;
    register_as(&city, "sen-01", "ap").await;
    browser.eval("document.querySelector('[data-reason=identity]').click()").await.unwrap();
    until(&mut browser, &lists(1)).await;
    browser.eval(&push("Proses ulang semua: identitas berbeda")).await.unwrap();
    until(&mut browser, &says(&["1 tersimpan", "Tidak ada surat mati yang cocok"])).await;
    browser.eval(&push("semua")).await.unwrap();
    until(&mut browser, &lists(3)).await;
    browser.eval("[...document.querySelectorAll('.counts input[type=checkbox]')][0].click()").await.unwrap();
    until(&mut browser, &lists(2)).await;
    browser.eval("document.querySelector('.letters summary').focus()").await.unwrap();
    browser.press(&["ArrowDown", "Enter"]).await.unwrap();
    until(&mut browser, &says(&["diterima"])).await;
    assert_eq!(browser.eval("document.title === 'owned'").await.unwrap(), json!(false));
}
