//! Indonesian.

use pantau_schemas::dead_letter::Reason;

use super::Letters;

/// Indonesian, the language of the room.
pub static ID: Letters = Letters {
    title: "Surat mati",
    hint: "Pesan yang tidak bisa dipakai. Tersimpan apa adanya sampai sebabnya diperbaiki, lalu bisa diproses ulang.",
    none: "Tidak ada surat mati",
    none_found: "Tidak ada surat mati yang cocok dengan saringan ini",
    only_here: "Isi surat mati dapat memuat data pribadi: hanya bisa dibuka di mesin server itu sendiri.",
    unread: "Surat mati tidak terbaca",
    waiting: "Menunggu",
    replayed: "Sudah diproses ulang",
    dropped: "Dibuang",
    quota: |source, device| {
        format!(
            "Paling banyak {source} surat per jalur masuk dan {device} per perangkat; yang tertua dibuang lebih dulu."
        )
    },
    dropped_some: |count| format!("{count} pesan sudah dibuang karena kuota penuh"),
    reasons: "Alasan",
    all_reasons: "semua",
    device: "Perangkat",
    show_replayed: "Tampilkan yang sudah diproses ulang",
    choose_all: "Pilih semua yang tampil",
    choose: |what| format!("Pilih {what}"),
    replay: "Proses ulang",
    replay_chosen: |count| format!("Proses ulang yang dipilih ({count})"),
    replay_all: "Proses ulang semua",
    replay_reason: |reason| format!("Proses ulang semua: {reason}"),
    stop: "Berhenti",
    keys: "Papan ketik: ↑ ↓ berpindah surat, ⏎ membuka, X memilih, R memproses ulang.",
    more: "Tampilkan lebih banyak",
    going: |read, total| match total {
        Some(total) => format!("Memproses ulang: {read} dari {total}"),
        None => format!("Memproses ulang: {read}"),
    },
    over: "Selesai",
    stopped: "Dihentikan",
    failed: |why| format!("Terhenti: {why}"),
    no_answer: "server tidak menjawab atau riwayat sedang tidak tersimpan; ulangi, yang sudah selesai tidak diproses dua kali",
    sum: |stored, known, still| format!("{stored} tersimpan · {known} sudah ada · {still} tetap surat mati"),
    times: |count| format!("{count} kali"),
    to_do: |reason| match reason {
        Reason::Utf8 => "Pengirim memakai pengodean lain. Atur perangkat agar mengirim UTF-8.",
        Reason::Json => {
            "Isinya bukan JSON yang sah. Periksa program pengirim atau sambungan yang memotong pesan."
        }
        Reason::Schema => {
            "Isian di tempat yang ditunjuk tidak sesuai bentuknya. Perbaiki pengirim; setelah versi baru Pantau mengenalnya, proses ulang."
        }
        Reason::Topic => "Topiknya di luar pola pantau/1/{kota}/{kelas}/{id}/…. Perbaiki topik di perangkat.",
        Reason::UnknownDevice => {
            "Daftarkan perangkat ini di registri, lalu muat ulang: suratnya diproses sendiri, menurut urutan datangnya."
        }
        Reason::UnknownAgency => {
            "Daftarkan OPD ini di registri, lalu muat ulang: suratnya diproses sendiri, menurut urutan datangnya."
        }
        Reason::Identity => {
            "Isi menyebut pihak lain daripada topik atau akunnya, atau kelasnya berbeda. Perbaiki registri, hak akun, atau perangkat, lalu proses ulang."
        }
        Reason::ClockSkew => {
            "Jam perangkat keliru. Setel jamnya (NTP); riwayat lama dikirim dengan tanda backfill."
        }
        Reason::TooBig => {
            "Pesan melebihi batas, jadi tidak tersimpan utuh. Kirim ulang dalam pesan yang lebih kecil."
        }
        Reason::Unit => "Satuannya bukan untuk besaran ini. Perbaiki satuan di perangkat.",
        Reason::Conflict => {
            "Id ini sudah pernah diterima dengan isi lain; yang pertama berlaku. Pengirim harus memakai id baru."
        }
        Reason::Source => "Pengirim tidak berhak bicara atas sumber ini. Periksa [[events.sender]].",
        Reason::Other => "Alasan dari versi lain. Bacalah keterangannya.",
    },
    to_do_title: "Yang perlu dilakukan",
    place: "Tempat",
    stands: |what| format!("di sana tertulis {what}"),
    stands_nothing: "di sana tidak ada apa-apa",
    came: "Datang",
    from_to: |first, last| format!("{first} sampai {last}"),
    speaker: "Pembawa",
    size: "Ukuran",
    bytes: |count| format!("{count} bita"),
    cut: "hanya 64 KiB pertama yang tersimpan, jadi tidak bisa diproses ulang",
    no_text: "Bukan teks UTF-8: bita apa adanya",
    tries: "Proses ulang",
    tried: |count, at| format!("{count} kali, terakhir {at}"),
    understood: |at| format!("diterima {at}"),
};
