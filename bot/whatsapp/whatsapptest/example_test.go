package whatsapptest_test

import (
	"context"
	"database/sql"
	"fmt"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"optinbot/bot/whatsapp/whatsapptest"
)

// A bot that answers everybody, linked by QR and tried by a contact.
func Example() {
	srv := whatsapptest.NewServer()
	defer srv.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()

	db, err := sql.Open("sqlite", "file:example?mode=memory&_pragma=foreign_keys(1)")
	if err != nil {
		panic(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	container := sqlstore.NewWithDB(db, "sqlite", nil)
	if err := container.Upgrade(ctx); err != nil {
		panic(err)
	}
	bot := whatsmeow.NewClient(container.NewDevice(), nil)
	defer bot.Disconnect()
	srv.Use(bot)
	bot.AddEventHandler(func(e any) {
		if m, ok := e.(*events.Message); ok && !m.Info.IsFromMe {
			answer := "You said: " + m.Message.GetConversation()
			_, _ = bot.SendMessage(ctx, m.Info.Chat, &waE2E.Message{Conversation: proto.String(answer)})
		}
	})
	codes, err := bot.GetQRChannel(ctx)
	if err != nil {
		panic(err)
	}
	if err := bot.Connect(); err != nil {
		panic(err)
	}
	if err := srv.Scan((<-codes).Code); err != nil {
		panic(err)
	}
	if err := srv.Phone().WaitOnline(ctx); err != nil {
		panic(err)
	}

	ann := srv.Contact("+15550100001")
	ann.Send("hello")
	answer, err := ann.Next(ctx)
	if err != nil {
		panic(err)
	}
	fmt.Println(answer.Text)
	fmt.Println("decrypted", ann.Decryptions(answer.ID), "time")
	// Output:
	// You said: hello
	// decrypted 1 time
}
