package poster

// Steps are the three steps on a poster.
type Steps struct {
	save, scan, send string
	rightToLeft      bool
}

// StepsIn are the steps in a language; in English where it has none.
func StepsIn(language string) Steps {
	switch language {
	case "pt":
		return Steps{save: "Salve o nosso número", scan: "Escaneie", send: "Envie"}
	case "es":
		return Steps{save: "Guarda nuestro número", scan: "Escanea", send: "Envía"}
	case "fr":
		return Steps{save: "Enregistrez notre numéro", scan: "Scannez", send: "Envoyez"}
	case "de":
		return Steps{save: "Speichern Sie unsere Nummer", scan: "Scannen", send: "Senden"}
	case "it":
		return Steps{save: "Salva il nostro numero", scan: "Inquadra il codice", send: "Invia"}
	case "nl":
		return Steps{save: "Sla ons nummer op", scan: "Scan", send: "Verstuur"}
	case "pl":
		return Steps{save: "Zapisz nasz numer", scan: "Zeskanuj", send: "Wyślij"}
	case "id":
		return Steps{save: "Simpan nomor kami", scan: "Pindai", send: "Kirim"}
	case "tr":
		return Steps{save: "Numaramızı kaydedin", scan: "Okutun", send: "Gönderin"}
	case "ru":
		return Steps{save: "Сохраните наш номер", scan: "Отсканируйте", send: "Отправьте"}
	case "hi":
		return Steps{save: "हमारा नंबर सेव करें", scan: "स्कैन करें", send: "भेजें"}
	case "ar":
		return Steps{save: "احفظ رقمنا", scan: "امسح الرمز", send: "أرسل", rightToLeft: true}
	}
	return Steps{save: "Save our number", scan: "Scan", send: "Send"}
}
