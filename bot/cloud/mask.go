package cloud

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"sync"

	"optinbot/bot/text"
)

// sensitive matches what may identify a person or open something: wamids, BSUIDs, seven and more
// digits in a row, long tokens and hashes.
var sensitive = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`wamid\.[A-Za-z0-9+/=_-]*|\b[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{6,}|EAA[A-Za-z0-9]+|` +
		`[A-Za-z0-9+/_-]{32,}={0,2}|\+?[0-9]{7,}`)
})

// maxDetail bounds what is told of a text that others wrote.
const maxDetail = 300

// masked returns a foreign text fit for a log: on one line, with every sensitive run replaced by its
// length.
func masked(s string) string {
	s = sensitive().ReplaceAllStringFunc(s, func(run string) string { return fmt.Sprintf("<%d>", len(run)) })
	if s = text.Line(s); len(s) > maxDetail {
		s, _ = text.Cut(s, maxDetail)
	}
	return s
}

// plain is an error of net/http without the address, which has a proof of the secret in it.
func plain(err error) string {
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	return masked(err.Error())
}
