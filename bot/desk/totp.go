package desk

import (
	"crypto/hmac"
	"crypto/sha1" // RFC 6238 says so, and every authenticator does it
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Codes as authenticators show them (RFC 6238): six digits, another one every half minute.
const (
	totpStep   = 30 * time.Second
	totpDigits = 6
	totpSecret = 20 // bytes
)

var totpEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// totpCode is the code of a secret in a step, with so many digits.
func totpCode(secret []byte, step int64, digits int) string {
	mac := hmac.New(sha1.New, secret)
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	code := binary.BigEndian.Uint32(sum[at:at+4]) & 0x7fffffff
	text := fmt.Sprintf("%0*d", digits, code)
	return text[len(text)-digits:]
}

// totpStepOf finds the step whose code somebody typed: that of now, or one beside it, for clocks
// differ. Each counts once, so only steps after the last one that was used. 0: there is none.
func totpStepOf(secret, typed string, now time.Time, last int64) int64 {
	raw, err := totpEncoding.DecodeString(secret)
	if err != nil {
		return 0
	}
	typed = strings.ReplaceAll(strings.TrimSpace(typed), " ", "")
	step, found := now.Unix()/int64(totpStep/time.Second), int64(0)
	for _, s := range []int64{step - 1, step, step + 1} {
		if subtle.ConstantTimeCompare([]byte(totpCode(raw, s, totpDigits)), []byte(typed)) == 1 && s > last {
			found = s
		}
	}
	return found
}

// totpURI is what an authenticator reads from a QR code.
func totpURI(operator, secret string) string {
	q := url.Values{"secret": {secret}, "issuer": {"optinbot"}}
	return "otpauth://totp/" + url.PathEscape("optinbot:"+operator) + "?" + q.Encode()
}
