// Package s3 keeps blobs in a bucket of Amazon S3.
//
// It owns how blobs become objects, the few requests that takes and what S3's answers
// mean. It does not own the bucket, its encryption or its lifecycle (template.yaml does),
// and is no client for other uses of S3: docs/adr/0006-own-client-for-s3.md says why the
// SDK's is not used. The role that uses it needs s3:ListBucket besides the actions on
// objects: without it S3 answers "access denied" for an object that is not there.
//
// Flow: one request per method (Store), signed and repeated until it is answered for good
// (client), its answer checked and classified (answer). A new blob carries the id of the
// call that made it, so that a repeated request recognises its own work.
package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/blob"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
)

// writer is the header of the metadata that says which call made an object.
const writer = "X-Amz-Meta-Slipway-Writer"

// Config says which bucket is used, and as whom. A BaseEndpoint leads to an emulator.
type Config struct {
	AWS     aws.Config
	Bucket  string
	Clock   clock.Clock   // signs with its time, waits between attempts
	IDs     ids.Source    // names the calls that make new blobs
	Timeout time.Duration // of one attempt; 0 is 30 seconds
}

// Store keeps blobs in a bucket.
type Store struct {
	client *client
	ids    ids.Source
}

var _ blob.Store = (*Store)(nil)

// New makes a store. It sends nothing.
func New(c Config) (*Store, error) {
	if c.Bucket == "" || c.Clock == nil || c.IDs == nil {
		return nil, errors.New("s3: Bucket, Clock and IDs are required")
	}
	client, err := newClient(c)
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	return &Store{client: client, ids: c.IDs}, nil
}

// Put stores body, replacing what was there.
func (s *Store) Put(ctx context.Context, key string, body []byte) error {
	if err := blob.ValidateBlob(key, body); err != nil {
		return err
	}
	if _, err := s.client.do(ctx, request{method: http.MethodPut, key: key, body: body}); err != nil {
		return fmt.Errorf("putting blob %s: %w", key, err)
	}
	return nil
}

// PutNew stores body unless there is a blob already.
func (s *Store) PutNew(ctx context.Context, key string, body []byte) error {
	if err := blob.ValidateBlob(key, body); err != nil {
		return err
	}
	id := s.ids.New()
	_, err := s.client.do(ctx, request{
		method: http.MethodPut, key: key, body: body, header: map[string]string{"If-None-Match": "*", writer: id},
	})
	if errors.Is(err, errs.Conflict) {
		err = s.taken(ctx, key, id)
	}
	if err != nil {
		return fmt.Errorf("putting new blob %s: %w", key, err)
	}
	return nil
}

// taken says what to think of a new blob that is there already: nil when this very call
// made it and the answer was lost.
func (s *Store) taken(ctx context.Context, key, id string) error {
	there, err := s.client.do(ctx, request{method: http.MethodHead, key: key})
	if err == nil && there.header.Get(writer) == id {
		return nil
	}
	if err != nil && awserr.Code(err) != notFound { // not found: deleted since
		return err
	}
	return errs.New(errs.Conflict, "there is a blob of that key already")
}

// Get reads a blob.
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	if err := blob.ValidateKey(key); err != nil {
		return nil, err
	}
	return s.get(ctx, key, nil)
}

// Fill reads a blob into memory of its size.
func (s *Store) Fill(ctx context.Context, key string, into []byte) error {
	if err := blob.ValidateKey(key); err != nil {
		return err
	}
	if into == nil {
		into = []byte{}
	}
	_, err := s.get(ctx, key, into)
	return err
}

func (s *Store) get(ctx context.Context, key string, into []byte) ([]byte, error) {
	a, err := s.client.do(ctx, request{method: http.MethodGet, key: key, into: into})
	if awserr.Code(err) == noSuchKey {
		err = errs.Wrap(errs.NotFound, "there is no such blob", err)
	}
	if err != nil {
		return nil, fmt.Errorf("getting blob %s: %w", key, err)
	}
	return a.body, nil
}

// Delete removes a blob.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := blob.ValidateKey(key); err != nil {
		return err
	}
	if _, err := s.client.do(ctx, request{method: http.MethodDelete, key: key}); err != nil {
		return fmt.Errorf("deleting blob %s: %w", key, err)
	}
	return nil
}

// List gives keys in order. S3 may answer with fewer than it has, so it is asked until the
// list is full or at its end.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]string, error) {
	if err := blob.ValidateList(prefix, after, limit); err != nil {
		return nil, err
	}
	query := url.Values{"list-type": {"2"}, "prefix": {prefix}}
	if after != "" {
		query.Set("start-after", after)
	}
	var keys []string
	for {
		query.Set("max-keys", strconv.Itoa(limit-len(keys)))
		page, err := s.page(ctx, query)
		if err != nil {
			return nil, fmt.Errorf("listing blobs of %s: %w", prefix, err)
		}
		keys = append(keys, page.Keys...)
		if len(keys) >= limit || !page.IsTruncated {
			return keys, nil
		}
		query.Set("continuation-token", page.Next)
	}
}

func (s *Store) page(ctx context.Context, query url.Values) (listing, error) {
	a, err := s.client.do(ctx, request{method: http.MethodGet, query: query})
	if err != nil {
		return listing{}, err
	}
	return parseListing(a.body)
}
