package whatsapptest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/util/cbcutil"
	"go.mau.fi/whatsmeow/util/hkdfutil"
)

// maxUpload is the largest file the server takes.
const maxUpload = 64 << 20

// mediaHost is the host name in the URLs of files. Clients reach it as they reach every host: by
// their transport.
const mediaHost = "media.whatsapp.net"

// A mediaStore keeps encrypted files under the hash of their ciphertext, in base64url.
type mediaStore struct {
	mu    sync.Mutex
	files map[string][]byte
}

func newMediaStore() *mediaStore { return &mediaStore{files: map[string][]byte{}} }

func (m *mediaStore) put(data []byte) (path string) {
	sum := sha256.Sum256(data)
	token := base64.URLEncoding.EncodeToString(sum[:])
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[token] = data
	return pathOf(token)
}

// pathOf makes a direct path. The client appends more parameters with & (download.go:277), so there
// must be one.
func pathOf(token string) string { return "/v/" + token + "?ccb=11-4" }

func (m *mediaStore) get(token string) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.files[token]
	return data, ok
}

// upload stores a file and says where it is (upload.go:200-255).
func (m *mediaStore) upload(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxUpload))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	path := m.put(data)
	_ = json.NewEncoder(w).Encode(map[string]string{
		"url": "https://" + mediaHost + path, "direct_path": path, "handle": r.PathValue("token"),
	})
}

func (m *mediaStore) download(w http.ResponseWriter, r *http.Request) {
	data, ok := m.get(r.PathValue("token"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	_, _ = w.Write(data)
}

func (m *mediaStore) remove(_ http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.files, r.PathValue("token"))
}

// mediaConn tells a client where files are (mediaconn.go:57-97).
func mediaConn() []waBinary.Node {
	return []waBinary.Node{{Tag: "media_conn", Attrs: waBinary.Attrs{
		"auth": "auth", "ttl": 300, "auth_ttl": 21600, "max_buckets": 12,
	}, Content: []waBinary.Node{{Tag: "host", Attrs: waBinary.Attrs{"hostname": mediaHost}}}}}
}

// A file is an encrypted file on the server, as a message refers to it.
type file struct {
	path           string
	key            []byte
	sum, encrypted []byte
	length         uint64
}

func (f *file) url() string { return "https://" + mediaHost + f.path }

// seal encrypts a file: AES-CBC, then ten bytes of HMAC over IV and ciphertext (upload.go:60-110,
// download.go:329-332).
func (m *mediaStore) seal(data []byte, kind whatsmeow.MediaType) *file {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	iv, cipherKey, macKey := mediaKeys(key, kind)
	ciphertext, err := cbcutil.Encrypt(cipherKey, iv, data)
	if err != nil {
		panic(fmt.Sprintf("whatsapptest: %v", err)) // the key has the right length
	}
	ciphertext = append(ciphertext, mediaMAC(macKey, iv, ciphertext)...)
	sum, encrypted := sha256.Sum256(data), sha256.Sum256(ciphertext)
	return &file{path: m.put(ciphertext), key: key, sum: sum[:], encrypted: encrypted[:], length: uint64(len(data))}
}

// open decrypts the file that a message refers to.
func (m *mediaStore) open(msg whatsmeow.DownloadableMessage) ([]byte, error) {
	kind := whatsmeow.GetMediaType(msg)
	data, ok := m.get(base64.URLEncoding.EncodeToString(msg.GetFileEncSHA256()))
	if !ok || len(data) < 10 {
		return nil, errors.New("whatsapptest: no such file on the server")
	}
	iv, cipherKey, macKey := mediaKeys(msg.GetMediaKey(), kind)
	ciphertext, mac := data[:len(data)-10], data[len(data)-10:]
	if !hmac.Equal(mediaMAC(macKey, iv, ciphertext), mac) {
		return nil, errors.New("whatsapptest: the file's HMAC is wrong")
	}
	return cbcutil.Decrypt(cipherKey, iv, append([]byte(nil), ciphertext...))
}

func mediaKeys(key []byte, kind whatsmeow.MediaType) (iv, cipherKey, macKey []byte) {
	expanded := hkdfutil.SHA256(key, nil, []byte(kind), 112)
	return expanded[:16], expanded[16:48], expanded[48:80]
}

func mediaMAC(key, iv, ciphertext []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(iv)
	mac.Write(ciphertext)
	return mac.Sum(nil)[:10]
}

// Download fetches and decrypts the file of a message that the contact received: an image for
// instance, as in Download(r.Message.GetImageMessage()).
func (c *Contact) Download(m whatsmeow.DownloadableMessage) ([]byte, error) {
	return c.srv.media.open(m)
}
