package api

import (
	"cmp"
	"context"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"optinbot/bot/config"
	"optinbot/bot/desk"
)

// An answer is what an operation answers with. What its body is like is said in described: with a
// type of its own for each body huma.Register would be compiled once for each, 1 MB in all.
type answer struct {
	ETag string `header:"ETag" doc:"The version of what is shown, for If-Match."`
	Body any
}

// A done answer has no body.
type done struct{}

// register makes every operation.
func (a *API) register() {
	a.numbers()
	a.contacts()
	a.people()
	a.broadcasts()
	a.sheets()
	a.flow()
	a.consent()
	a.webhooks()
	a.events()
}

// An operation is what is said of one in the document, and which status it ends with.
type operation struct {
	method, path, id, summary string

	tag    string
	status int  // 0: 200
	most   int  // bytes of a request. 0: maxBody
	secret bool // the answer has what is shown once, so it is not kept
}

func (o operation) described() huma.Operation {
	op := huma.Operation{
		OperationID: o.id, Method: o.method, Path: o.path, Summary: o.summary, Tags: []string{o.tag},
		DefaultStatus: o.status, MaxBodyBytes: int64(cmp.Or(o.most, maxBody)) + 1,
	}
	if o.method == http.MethodPost {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: "string", MinLength: ptr(1), MaxLength: ptr(255)},
			Description: "A word of your own for this request. Sent again within 24 hours, the request is not carried " +
				"out again: you get the answer of the first time.",
		})
	}
	return op
}

func ptr[T any](v T) *T { return &v }

// AboutNumber is what is asked for about a number.
type AboutNumber struct {
	Number string `path:"number" maxLength:"100" doc:"The number's name in config.yaml."`
}

func (n AboutNumber) number() string { return n.Number }

// AboutContact is what is asked for about a contact.
type AboutContact struct {
	AboutNumber
	ByContact
}

// ByContact names a contact.
type ByContact struct {
	Contact string `path:"contact" pattern:"^(\\+[1-9][0-9]{6,14}|[1-9][0-9]{0,17}|lid:[0-9]{1,20}|bsuid:[0-9]{1,20}/[A-Za-z0-9]{2}\\.[A-Za-z0-9]{1,128})$" patternDescription:"an ID, or a phone (E.164), or lid:71, or bsuid:9001/US.1a2b" doc:"The ID of the contact, or their phone (E.164, with its +), or what takes its place (lid:71, bsuid:9001/US.1a2b, its slash as %2F). An ID is better: paths are kept in logs."`
}

// named is the contact as the desk takes it.
func (w ByContact) named() string { return named(w.Contact) }

func named(contact string) string {
	if contact == "" || strings.HasPrefix(contact, "+") || desk.WithoutPhone(contact) {
		return contact
	}
	return desk.ContactIDPrefix + contact
}

// sees says why a key may not come near a number. It is nil where it may.
func (a *API) sees(ctx context.Context, number string) error {
	if w, _ := desk.WhoActs(ctx); !w.MaySee(number) {
		return problem(http.StatusForbidden, "forbidden", "number "+withoutPhones(number)+" is not one of yours")
	}
	if _, ok := a.configured(number); !ok {
		return problem(http.StatusNotFound, "not-found", "there is no number "+withoutPhones(number))
	}
	return nil
}

func (a *API) configured(number string) (config.Number, bool) {
	n, ok := a.Desk.Numbers[number]
	return n, ok
}

// does makes an operation of a use case.
func does[I, T any](a *API, o operation, f func(context.Context, *I) (T, error)) {
	versioned(a, o, func(ctx context.Context, in *I) (T, string, error) {
		v, err := f(ctx, in)
		return v, "", err
	})
}

// versioned makes an operation of a use case that shows something with a version.
func versioned[I, T any](a *API, o operation, f func(context.Context, *I) (T, string, error)) {
	a.secrets[o.method+" "+Prefix+o.path] = o.secret
	op := o.described()
	shown := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, o.id+"Response")
	op.Responses = map[string]*huma.Response{
		strconv.Itoa(cmp.Or(o.status, http.StatusOK)): {Content: map[string]*huma.MediaType{"application/json": {Schema: shown}}},
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*answer, error) {
		if err := a.before(ctx, in); err != nil {
			return nil, err
		}
		v, version, err := f(ctx, in)
		if err != nil {
			return nil, a.refusal(err)
		}
		if version != "" {
			version = `"` + version + `"`
		}
		return &answer{version, v}, nil
	})
}

// acts makes an operation of a use case that has nothing to show.
func acts[I any](a *API, o operation, f func(context.Context, *I) error) {
	o.status = http.StatusNoContent
	huma.Register(a.huma, o.described(), func(ctx context.Context, in *I) (*done, error) {
		if err := a.before(ctx, in); err != nil {
			return nil, err
		}
		if err := f(ctx, in); err != nil {
			return nil, a.refusal(err)
		}
		return nil, nil
	})
}

// before says why an operation is not even tried.
func (a *API) before(ctx context.Context, in any) error {
	if about, ok := in.(interface{ number() string }); ok {
		return a.sees(ctx, about.number())
	}
	return nil
}

// IfMatching is the version that somebody has looked at.
type IfMatching struct {
	IfMatch string `header:"If-Match" maxLength:"100" doc:"The ETag of what was looked at. Needed."`
}

// version is what If-Match names. It is a problem where there is none.
func (m IfMatching) version(of string) (string, error) {
	v, ok := strings.CutPrefix(strings.TrimSpace(m.IfMatch), `"`)
	if !ok || !strings.HasSuffix(v, `"`) {
		return "", problem(http.StatusPreconditionRequired, "version-needed",
			"look at it first, and send its ETag as If-Match: "+of)
	}
	return strings.TrimSuffix(v, `"`), nil
}
