package poster

// Steps are the words of a poster: why to join, and the three steps.
type Steps struct {
	why, save, scan, send string

	rightToLeft bool
}

// StepsIn are the steps in a language. In English where it has none.
func StepsIn(language string) Steps {
	switch language {
	case "pt":
		return Steps{why: "Nossas ofertas no seu WhatsApp", save: "Salve o nosso número", scan: "Escaneie", send: "Envie"}
	case "es":
		return Steps{why: "Nuestras ofertas en tu WhatsApp", save: "Guarda nuestro número", scan: "Escanea", send: "Envía"}
	case "fr":
		return Steps{why: "Nos offres sur votre WhatsApp", save: "Enregistrez notre numéro", scan: "Scannez", send: "Envoyez"}
	case "de":
		return Steps{why: "Unsere Angebote auf WhatsApp", save: "Speichern Sie unsere Nummer", scan: "Scannen", send: "Senden"}
	case "it":
		return Steps{why: "Le nostre offerte su WhatsApp", save: "Salva il nostro numero", scan: "Inquadra il codice", send: "Invia"}
	case "nl":
		return Steps{why: "Onze aanbiedingen op WhatsApp", save: "Sla ons nummer op", scan: "Scan", send: "Verstuur"}
	case "pl":
		return Steps{why: "Nasze oferty na WhatsAppie", save: "Zapisz nasz numer", scan: "Zeskanuj", send: "Wyślij"}
	case "id":
		return Steps{why: "Promo kami di WhatsApp", save: "Simpan nomor kami", scan: "Pindai", send: "Kirim"}
	case "tr":
		return Steps{why: "Fırsatlarımız WhatsApp’ta", save: "Numaramızı kaydedin", scan: "Okutun", send: "Gönderin"}
	case "ru":
		return Steps{why: "Наши акции в WhatsApp", save: "Сохраните наш номер", scan: "Отсканируйте", send: "Отправьте"}
	case "hi":
		return Steps{why: "हमारे ऑफ़र WhatsApp पर", save: "हमारा नंबर सेव करें", scan: "स्कैन करें", send: "भेजें"}
	case "ar":
		return Steps{why: "عروضنا على واتساب", save: "احفظ رقمنا", scan: "امسح الرمز", send: "أرسل", rightToLeft: true}
	}
	return Steps{why: "Our offers on your WhatsApp", save: "Save our number", scan: "Scan", send: "Send"}
}
