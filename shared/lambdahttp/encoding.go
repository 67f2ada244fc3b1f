package lambdahttp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// compressible decides, where a body begins that goes on with p, whether it is compressed;
// that is written into the headers.
func (w *recorder) compressible(p []byte) bool {
	if !w.typed {
		w.sniff(append(slices.Clip(w.body.Bytes()), p[:min(len(p), minCompressed)]...))
	}
	if !w.mayCompress() {
		return false
	}
	w.vary()
	if !acceptsGzip(w.request.Header.Values("Accept-Encoding")) {
		return false
	}
	w.set("Content-Encoding", "gzip")
	w.sent = slices.DeleteFunc(w.sent, func(f field) bool { return f.name == "Content-Length" })
	return true
}

// mayCompress tells texts that may be sent in either form. A strong ETag promises the same
// bytes to everybody (RFC 9110 §8.8.1).
func (w *recorder) mayCompress() bool {
	media, _ := w.header("Content-Type")
	_, encoded := w.header("Content-Encoding")
	_, partial := w.header("Content-Range")
	tag, tagged := w.header("Etag")
	caching, _ := w.header("Cache-Control")
	strong := tagged && !strings.HasPrefix(tag, "W/")
	return isText(media) && !encoded && !partial && !strong && !strings.Contains(caching, "no-transform")
}

func isText(media string) bool {
	media, _, _ = strings.Cut(media, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	switch {
	case strings.HasPrefix(media, "text/"), strings.HasSuffix(media, "+json"), strings.HasSuffix(media, "+xml"):
		return media != "text/event-stream"
	}
	return media == "application/json" || media == "application/xml" || media == "application/yaml" || media == "application/javascript"
}

// vary tells caches that the answer depends on what the client accepts.
func (w *recorder) vary() {
	const by = "Accept-Encoding"
	value, found := w.header("Vary")
	switch {
	case !found:
		w.set("Vary", by)
	case !strings.Contains(strings.ToLower(value), strings.ToLower(by)) && value != "*":
		w.set("Vary", value+", "+by)
	}
}

// acceptsGzip reads Accept-Encoding (RFC 9110 §12.5.3): what names gzip counts, else what
// names everything.
func acceptsGzip(values []string) bool {
	everything := false
	for _, v := range values {
		for coding := range strings.SplitSeq(v, ",") {
			name, weight, _ := strings.Cut(coding, ";")
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "gzip", "x-gzip":
				return positive(weight)
			case "*":
				everything = positive(weight)
			}
		}
	}
	return everything
}

// positive reports whether a weight such as " q=0.5" is above zero; none is 1.
func positive(weight string) bool {
	name, value, found := strings.Cut(weight, "=")
	if !found {
		return strings.TrimSpace(weight) == ""
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	return err == nil && q > 0 && strings.EqualFold(strings.TrimSpace(name), "q")
}

func (w *recorder) beginCompressed(p []byte) (int, error) {
	begun := slices.Clone(w.body.Bytes())
	w.body.Reset()
	if err := w.chooseCompressor(p); err != nil {
		return 0, err
	}
	w.zipping = true
	if _, err := w.compress(begun); err != nil {
		return 0, err
	}
	return w.compress(p)
}

// chooseCompressor takes one by how the body goes on: that for text where it suits, else the
// fastest level of the common one. The next levels make answers a tenth smaller for several
// times the work.
func (w *recorder) chooseCompressor(p []byte) (err error) {
	w.zip = &w.text
	if !w.text.Suits(p) {
		if w.other == nil {
			if w.other, err = gzip.NewWriterLevel(&w.body, gzip.BestSpeed); err != nil {
				return fmt.Errorf("making a compressor: %w", err)
			}
		}
		w.zip = w.other
	}
	w.zip.Reset(&w.body)
	return nil
}

func (w *recorder) compress(p []byte) (int, error) {
	n, err := w.zip.Write(p)
	if w.overflow = w.body.Len() > maxResponse; w.overflow {
		return n, errTooLarge
	}
	return n, err
}
