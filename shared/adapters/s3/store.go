// Package s3 keeps blobs in a bucket of Amazon S3.
//
// It owns how blobs become objects and what S3's answers mean. It does not own the bucket,
// its encryption or its lifecycle (template.yaml does). The role that uses it needs
// s3:ListBucket besides the actions on objects: without it S3 answers "access denied"
// for an object that is not there.
//
// Flow: one request per method; the SDK repeats what got no answer. A new blob carries the
// id of the call that made it, so that a repeated call recognises its own work.
package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/blob"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
)

// writer is the name of the metadata that says which call made an object.
const writer = "slipway-writer"

// API is what is needed of S3.
type API interface {
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
	DeleteObject(context.Context, *s3.DeleteObjectInput, ...func(*s3.Options)) (*s3.DeleteObjectOutput, error)
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
}

// Config says which bucket is used.
type Config struct {
	Client API
	Bucket string
	IDs    ids.Source
}

// Store keeps blobs in a bucket.
type Store struct {
	client API
	bucket *string
	ids    ids.Source
}

var _ blob.Store = (*Store)(nil)

// New makes a store. It sends nothing.
func New(c Config) (*Store, error) {
	if c.Client == nil || c.Bucket == "" || c.IDs == nil {
		return nil, errors.New("s3: Client, Bucket and IDs are required")
	}
	return &Store{client: c.Client, bucket: &c.Bucket, ids: c.IDs}, nil
}

// Put stores body, replacing what was there.
func (s *Store) Put(ctx context.Context, key string, body []byte) error {
	if err := blob.ValidateBlob(key, body); err != nil {
		return err
	}
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: s.bucket, Key: &key, Body: bytes.NewReader(body)})
	if err != nil {
		return fmt.Errorf("putting blob %s: %w", key, classify(err))
	}
	return nil
}

// PutNew stores body unless there is a blob already.
func (s *Store) PutNew(ctx context.Context, key string, body []byte) error {
	if err := blob.ValidateBlob(key, body); err != nil {
		return err
	}
	id := s.ids.New()
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: s.bucket, Key: &key, Body: bytes.NewReader(body),
		IfNoneMatch: aws.String("*"), Metadata: map[string]string{writer: id},
	})
	if err != nil && awserr.Kind(err) == errs.Conflict {
		err = s.taken(ctx, key, id)
	} else if err != nil {
		err = classify(err)
	}
	if err != nil {
		return fmt.Errorf("putting new blob %s: %w", key, err)
	}
	return nil
}

// taken says what to think of a new blob that is there already: nil when this very call
// made it and the answer was lost.
func (s *Store) taken(ctx context.Context, key, id string) error {
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: s.bucket, Key: &key})
	if err == nil && out.Metadata[writer] == id {
		return nil
	}
	if err != nil && awserr.Kind(err) != errs.NotFound { // not found: deleted since
		return classify(err)
	}
	return errs.New(errs.Conflict, "there is a blob of that key already")
}

// Get reads a blob.
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	if err := blob.ValidateKey(key); err != nil {
		return nil, err
	}
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: s.bucket, Key: &key})
	if awserr.Code(err) == "NoSuchKey" {
		return nil, fmt.Errorf("getting blob %s: %w", key, errs.Wrap(errs.NotFound, "there is no such blob", err))
	}
	if err != nil {
		return nil, fmt.Errorf("getting blob %s: %w", key, classify(err))
	}
	body, err := io.ReadAll(io.LimitReader(out.Body, blob.MaxBytes+1))
	err = errors.Join(err, out.Body.Close())
	if err != nil {
		return nil, fmt.Errorf("getting blob %s: %w", key, errs.Wrap(errs.Unavailable, "the blob did not arrive whole", err))
	}
	if len(body) > blob.MaxBytes {
		return nil, fmt.Errorf("getting blob %s: %w", key, errs.New(errs.TooLarge, "the object is too large for a blob"))
	}
	return body, nil
}

// Delete removes a blob.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := blob.ValidateKey(key); err != nil {
		return err
	}
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: s.bucket, Key: &key})
	if err != nil {
		return fmt.Errorf("deleting blob %s: %w", key, classify(err))
	}
	return nil
}

// List gives keys in order. S3 may answer with fewer than it has, so it is asked until the
// list is full or at its end.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]string, error) {
	if err := blob.ValidateList(prefix, after, limit); err != nil {
		return nil, err
	}
	in := &s3.ListObjectsV2Input{Bucket: s.bucket, Prefix: &prefix}
	if after != "" {
		in.StartAfter = &after
	}
	var keys []string
	for {
		in.MaxKeys = aws.Int32(int32(limit - len(keys))) //nolint:gosec // at most blob.MaxList
		out, err := s.client.ListObjectsV2(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("listing blobs of %s: %w", prefix, classify(err))
		}
		for _, o := range out.Contents {
			keys = append(keys, aws.ToString(o.Key))
		}
		if len(keys) >= limit || !aws.ToBool(out.IsTruncated) {
			return keys, nil
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

func classify(err error) error {
	return awserr.WrapOwn("the store of blobs can't be reached or refused the request", err)
}
