package app

// posterSteps are the three steps on a poster.
type posterSteps struct {
	save, scan, send string
	rightToLeft      bool
}

// stepsIn are the steps in a language; in English where it has none.
func stepsIn(language string) posterSteps {
	switch language {
	case "pt":
		return posterSteps{save: "Salve o nosso número", scan: "Escaneie", send: "Envie"}
	case "es":
		return posterSteps{save: "Guarda nuestro número", scan: "Escanea", send: "Envía"}
	case "fr":
		return posterSteps{save: "Enregistrez notre numéro", scan: "Scannez", send: "Envoyez"}
	case "de":
		return posterSteps{save: "Speichern Sie unsere Nummer", scan: "Scannen", send: "Senden"}
	case "it":
		return posterSteps{save: "Salva il nostro numero", scan: "Inquadra il codice", send: "Invia"}
	case "nl":
		return posterSteps{save: "Sla ons nummer op", scan: "Scan", send: "Verstuur"}
	case "pl":
		return posterSteps{save: "Zapisz nasz numer", scan: "Zeskanuj", send: "Wyślij"}
	case "id":
		return posterSteps{save: "Simpan nomor kami", scan: "Pindai", send: "Kirim"}
	case "tr":
		return posterSteps{save: "Numaramızı kaydedin", scan: "Okutun", send: "Gönderin"}
	case "ru":
		return posterSteps{save: "Сохраните наш номер", scan: "Отсканируйте", send: "Отправьте"}
	case "hi":
		return posterSteps{save: "हमारा नंबर सेव करें", scan: "स्कैन करें", send: "भेजें"}
	case "ar":
		return posterSteps{save: "احفظ رقمنا", scan: "امسح الرمز", send: "أرسل", rightToLeft: true}
	}
	return posterSteps{save: "Save our number", scan: "Scan", send: "Send"}
}
