package s3

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"net/http"

	"github.com/slipwayhq/slipway/shared/adapters/awsclient"
	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/blob"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// maxRefusal is how much is read of an answer that refuses.
const maxRefusal = 64 << 10

// Codes of errors that mean something of their own here
// (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
const (
	noSuchKey = "NoSuchKey"
	notFound  = "NotFound" // the status of an answer without a body, as to HEAD
)

// answer is a successful one, read to its end.
type answer struct {
	header http.Header
	body   []byte
}

func read(res *http.Response, into []byte) (answer, error) {
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return answer{}, classify(refusal(res))
	}
	if res.Request.Method == http.MethodHead {
		return answer{header: res.Header}, nil
	}
	body, err := whole(res, into)
	return answer{header: res.Header, body: body}, err
}

// whole reads a body of at most a blob's size and compares it with the checksum that S3
// keeps, if it keeps one.
func whole(res *http.Response, into []byte) ([]byte, error) {
	take := collect
	if into != nil {
		take = func(res *http.Response) ([]byte, error) { return fill(res, into) }
	}
	body, err := take(res)
	if err != nil {
		return nil, err
	}
	if want := res.Header.Get(checksumHeader); want != "" {
		sum := sha256.Sum256(body)
		if want != base64.StdEncoding.EncodeToString(sum[:]) {
			return nil, errs.New(errs.Unavailable, "the blob arrived damaged")
		}
	}
	return body, nil
}

func collect(res *http.Response) ([]byte, error) {
	if res.ContentLength > blob.MaxBytes {
		return nil, errs.New(errs.TooLarge, "the object is too large for a blob")
	}
	var body bytes.Buffer
	body.Grow(int(max(res.ContentLength, 0)) + bytes.MinRead)
	if _, err := body.ReadFrom(io.LimitReader(res.Body, blob.MaxBytes+1)); err != nil {
		return nil, errs.Wrap(errs.Unavailable, "the blob did not arrive whole", err)
	}
	if body.Len() > blob.MaxBytes {
		return nil, errs.New(errs.TooLarge, "the object is too large for a blob")
	}
	return body.Bytes(), nil
}

// errSize says that an object has another size than the memory for it.
var errSize = errs.New(errs.Invalid, "the object has another size")

func fill(res *http.Response, into []byte) ([]byte, error) {
	if res.ContentLength >= 0 && res.ContentLength != int64(len(into)) {
		return nil, errSize
	}
	if _, err := io.ReadFull(res.Body, into); err != nil {
		return nil, errs.Wrap(errs.Unavailable, "the blob did not arrive whole", err)
	}
	if n, err := io.CopyN(io.Discard, res.Body, 1); n > 0 || !errors.Is(err, io.EOF) {
		return nil, errSize
	}
	return into, nil
}

// refusal gives an answer that is no success the form of the SDK's errors. Whoever answers
// without S3's document, such as a gateway, is told by the status alone.
func refusal(res *http.Response) error {
	var said struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxRefusal))
	if err != nil || xml.Unmarshal(body, &said) != nil {
		said.Code, said.Message = "", res.Status
	}
	if res.StatusCode == http.StatusNotFound && len(body) == 0 {
		said.Code = notFound
	}
	return awsclient.Refusal(res, said.Code, said.Message)
}

// listing is S3's answer to ListObjectsV2
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html).
type listing struct {
	XMLName     xml.Name `xml:"ListBucketResult"`
	Keys        []string `xml:"Contents>Key"`
	IsTruncated bool
	Next        string `xml:"NextContinuationToken"`
}

func parseListing(body []byte) (listing, error) {
	var l listing
	if err := xml.Unmarshal(body, &l); err != nil {
		return listing{}, errs.Wrap(errs.Unavailable, "the list of blobs can't be read", err)
	}
	if l.IsTruncated && l.Next == "" {
		return listing{}, errs.New(errs.Unavailable, "the list of blobs says that it goes on, but not where")
	}
	return l, nil
}

// classify tells what a failed request means. The bucket is Slipway's own, so that nothing
// but a missing key (see Get) says that something is absent.
func classify(err error) error {
	return awserr.WrapOwn("the store of blobs can't be reached or refused the request", err)
}
