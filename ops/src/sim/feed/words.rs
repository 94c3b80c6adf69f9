//! What citizens and agencies of the simulated city write.

/// A kind of complaint: its code, its name, the agency that takes care, and what people write.
pub(super) struct Subject {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) agency: &'static str,
    pub(super) texts: &'static [&'static str],
}

pub(super) const SUBJECTS: [Subject; 9] = [
    Subject {
        code: "jalan-rusak",
        name: "Jalan rusak",
        agency: "putr",
        texts: &[
            "Lubang besar depan SDN 3, sudah dua motor jatuh.",
            "Aspal mengelupas sepanjang 50 meter, mohon segera ditambal.",
            "Gorong-gorong ambles, setengah badan jalan tidak bisa dilewati.",
        ],
    },
    Subject {
        code: "lampu-jalan",
        name: "Lampu jalan",
        agency: "dishub",
        texts: &[
            "Lampu penerangan jalan mati sudah seminggu, gelap dan rawan.",
            "Tiga lampu berkedip terus di dekat simpang.",
        ],
    },
    Subject {
        code: "sampah",
        name: "Sampah",
        agency: "dlh",
        texts: &[
            "Sampah di TPS menumpuk sampai ke jalan dan berbau.",
            "Truk sampah sudah empat hari tidak lewat di gang kami.",
        ],
    },
    Subject {
        code: "drainase",
        name: "Drainase",
        agency: "putr",
        texts: &[
            "Selokan tersumbat, air masuk ke rumah setiap hujan deras.",
            "Saluran air depan pasar meluap.",
        ],
    },
    Subject {
        code: "adminduk",
        name: "Administrasi kependudukan",
        agency: "disdukcapil",
        texts: &[
            "KTP elektronik belum jadi, sudah tiga bulan menunggu.",
            "Antrean daring akta kelahiran selalu penuh sejak pagi.",
        ],
    },
    Subject {
        code: "kesehatan",
        name: "Pelayanan kesehatan",
        agency: "rsud-ayani",
        texts: &[
            "Antrean poli anak lebih dari lima jam, kursi tunggu tidak cukup.",
            "Obat untuk pasien BPJS kosong, diminta beli di luar.",
        ],
    },
    Subject {
        code: "pohon",
        name: "Pohon tumbang",
        agency: "dlh",
        texts: &["Pohon besar miring ke arah kabel listrik, takut tumbang.", "Dahan patah menutup trotoar."],
    },
    Subject {
        code: "bansos",
        name: "Bantuan sosial",
        agency: "dinsos",
        texts: &[
            "Nama orang tua saya hilang dari daftar penerima bulan ini.",
            "Bantuan pangan tahap kedua belum sampai di RT kami.",
        ],
    },
    Subject {
        code: "pasar",
        name: "Pasar",
        agency: "disdag",
        texts: &[
            "Atap los daging bocor, pedagang kehujanan.",
            "Retribusi ditarik dua kali dalam sehari, mohon penjelasan.",
        ],
    },
];

/// Texts that a page must survive: markup, bidi controls, zero-width letters, a word without end, stacked marks,
/// emoji sequences, what a spreadsheet would run.
pub(super) const NASTY: [&str; 8] = [
    "<script>alert('pantau')</script><img src=x onerror=alert(1)>",
    "Lampu mati \u{202E}rebmun kilabret\u{202C} di simpang \u{2066}kampus\u{2069}",
    "Jal\u{200B}an\u{200D} ru\u{FEFF}sak de\u{200C}pan sekolah\u{2060}",
    "Z\u{0301}\u{0302}\u{0303}\u{0304}\u{0305}\u{0306}\u{0307}\u{0308}\u{0309}\u{030A}algo menutup jalan",
    "Banjir \u{1F30A}\u{1F30A} tolong \u{1F64F}\u{1F3FD} keluarga \u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}\u{200D}\u{1F466} terjebak \u{1F1EE}\u{1F1E9}",
    "=HYPERLINK(\"http://contoh.invalid\";\"klik\") +1+1 @SUM(A1:A9)",
    "'; DROP TABLE pengaduan; -- \\u0000 %s %n ${jndi:ldap://contoh.invalid} {{7*7}}",
    "\u{0627}\u{0644}\u{0645}\u{062F}\u{064A}\u{0646}\u{0629} rusak \u{05D0}\u{05D1} di kiri kanan jalan",
];

/// A word without a place to break it, this often.
pub(super) const LONG_WORD: (&str, usize) = ("rusakparah", 400);

pub(super) const STREETS: [&str; 12] = [
    "Jl. Jend. Sudirman",
    "Jl. A.H. Nasution",
    "Jl. Imam Bonjol",
    "Jl. Ki Hajar Dewantara",
    "Jl. Soekarno-Hatta",
    "Jl. Diponegoro",
    "Jl. Ahmad Yani",
    "Jl. Veteran",
    "Jl. Kenanga",
    "Jl. Tiram",
    "Jl. Hasanudin",
    "Jl. Budi Utomo",
];

pub(super) const CHANNELS: [&str; 7] = ["sms", "telephone", "web", "whatsapp", "instagram", "facebook", "x"];

pub(super) const NAMES: [&str; 8] = [
    "Sri Wahyuni",
    "Budi Santoso",
    "Made Sukarta",
    "Siti Aminah",
    "Agus Salim",
    "Dewi Lestari",
    "Rudi Hartono",
    "Yuliana",
];

pub(super) const PROPOSALS: [&str; 6] = [
    "Pengaspalan gang RT 04 RW 02",
    "Drainase lingkungan RW 07",
    "Lampu penerangan Jalan Kenanga",
    "Rehabilitasi posyandu",
    "Taman bermain anak",
    "Pelatihan UMKM perempuan",
];

pub(super) const REASONS: [&str; 3] = [
    "Sudah tercakup dalam paket pekerjaan tahun berjalan.",
    "Lahan belum bersertifikat pemerintah kota.",
    "Bukan kewenangan kota, diteruskan ke provinsi.",
];

pub(super) const WORKS: [&str; 6] = [
    "Pemeliharaan rutin jalan kota",
    "Pengadaan lampu penerangan jalan",
    "Rehabilitasi saluran drainase Yosomulyo",
    "Pengadaan obat triwulan IV",
    "Sewa jaringan serat optik antar-OPD",
    "Pembangunan ruang terbuka hijau Tejosari",
];

pub(super) const NOTES: [&str; 5] = [
    "Pemeliharaan jaringan nanti malam pukul 22.00-23.00 WIB.",
    "Petugas kebersihan tambahan di sekitar Taman Merdeka.",
    "Uji coba sirene banjir hari Sabtu pukul 09.00 WIB.",
    "Loket layanan tutup lebih awal karena rapat koordinasi.",
    "Pengalihan arus di Simpang Kampus selama perbaikan jalan.",
];
