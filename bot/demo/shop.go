package demo

import (
	"os"
	"path/filepath"

	"optinbot/bot/desk"
	"optinbot/bot/whatsapp/whatsapptest"
)

// The numbers of the shop whose crowd lives on. The second is linked by whoever looks at the page.
const (
	mainNumber  = "main"
	otherNumber = "outlet"
	otherPhone  = "+15550000002"
)

// shopConfig is what differs from the configuration that the program comes with.
const shopConfig = `# The shop of ` + "`optinbot demo --web`" + `. It goes when the demo ends.
zone: Europe/Madrid
country: ES
numbers:
  - {name: main, flow: promotions, card: ""}
  - {name: outlet, flow: promotions, card: Casa Aurora Outlet}
contact: {per_day: 3, per_week: 21, gap: 1h}
broadcast: {expires: 90m}     # whoever waits for longer does not get it, so that you see a broadcast end
whatsapp: {test_server: test-server.json}
backup: {folder: backups}
web: {listen: "127.0.0.1:0"}
`

// drafts are the broadcasts of the shop, beside the sample that the program comes with.
var drafts = map[string]string{
	"new-shoes": `# Goes out by itself this afternoon, to whoever likes shoes and shops in the shop.
broadcast: new-shoes
at: 2026-03-03 14:25
audience: '"shoes" in interests and place != "online"'
text:
  en: "{first_name|Hello}, the new shoes are in the window of {brand}. Come and try them on."
  pt: "{first_name|Olá}, os sapatos novos já estão na vitrine da {brand}. Venha experimentar."
  es: "{first_name|Hola}, los zapatos nuevos ya están en el escaparate de {brand}. Ven a probártelos."
`,
	"saturday": `# Every Saturday at half past ten.
broadcast: saturday
cron: "30 10 * * SAT"
text:
  en: "Good morning {first_name|there}! {brand} is open until eight today, and coffee is on us."
  pt: "Bom dia, {first_name|tudo bem}! A {brand} abre até as oito hoje, e o café é por nossa conta."
  es: "¡Buenos días, {first_name|qué tal}! {brand} abre hoy hasta las ocho, y el café lo ponemos nosotros."
`,
	"spring": `# A draft: look at it, arm it, and watch it go out.
broadcast: spring
at: now
text:
  en:
    - "Hi {first_name|there}! Spring is here: 15% off {interests|everything} at {brand}, this week."
    - "{first_name|Hello}, {brand} takes 15% off {interests|everything} this week. Just show this message."
  pt: "Oi, {first_name|tudo bem}! A primavera chegou: 15% de desconto em {interests|tudo} na {brand}, esta semana."
  es: "¡Hola, {first_name|qué tal}! Llegó la primavera: 15% de descuento en {interests|todo} en {brand}, esta semana."
`,
}

// replies are the quick replies of the shop.
const replies = `opening hours: We are open Monday to Saturday, 10 to 20.
where we are: You find us in the street of the market, beside the bakery.
horario: Abrimos de lunes a sábado, de 10 a 20.
`

// makeShop makes the folder of the shop, as `init` does, and returns its config.yaml.
func makeShop(dir string, defaults []byte, server *whatsapptest.Server) (file string, err error) {
	if _, err := desk.MakeShop(dir, defaults, nil); err != nil {
		return "", err
	}
	files := map[string]string{"config.yaml": shopConfig, "flows/replies.yaml": replies}
	for name, text := range drafts {
		files["flows/broadcasts/"+name+".yaml"] = text
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "config.yaml"), server.WriteFile(filepath.Join(dir, "test-server.json"))
}
