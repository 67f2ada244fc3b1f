package s3_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/slipwayhq/slipway/shared/adapters/s3"
	"github.com/slipwayhq/slipway/shared/blob"
	"github.com/slipwayhq/slipway/shared/blob/blobtest"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
)

func TestBlobContract(t *testing.T) {
	t.Parallel()
	endpoint := os.Getenv("SLIPWAY_S3_ENDPOINT")
	if endpoint == "" {
		t.Skip("SLIPWAY_S3_ENDPOINT is not set: start an emulator of S3 and name its endpoint")
	}
	client := awss3.New(awss3.Options{
		BaseEndpoint: aws.String(endpoint), Region: "us-east-1", UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	var buckets atomic.Int64
	blobtest.Run(t, func(t *testing.T) blob.Store {
		bucket := fmt.Sprintf("contract-%d-%d", os.Getpid(), buckets.Add(1))
		if _, err := client.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: &bucket}); err != nil {
			t.Fatalf("making bucket %s: %v", bucket, err)
		}
		return newStore(t, client, bucket)
	})
}

func newStore(t *testing.T, client s3.API, bucket string) *s3.Store {
	t.Helper()
	s, err := s3.New(s3.Config{Client: client, Bucket: bucket, IDs: &ids.Sequence{Prefix: "call"}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// answers is S3 as far as one test needs it.
type answers struct {
	s3.API // nil: only what is overridden may be called

	put    error
	head   string // the writer of the object there is
	get    io.Reader
	getErr error
	pages  [][]string
}

func (a *answers) PutObject(context.Context, *awss3.PutObjectInput, ...func(*awss3.Options)) (*awss3.PutObjectOutput, error) {
	return &awss3.PutObjectOutput{}, a.put
}

func (a *answers) HeadObject(context.Context, *awss3.HeadObjectInput, ...func(*awss3.Options)) (*awss3.HeadObjectOutput, error) {
	if a.head == "" {
		return nil, code("NotFound")
	}
	return &awss3.HeadObjectOutput{Metadata: map[string]string{"slipway-writer": a.head}}, nil
}

func (a *answers) GetObject(context.Context, *awss3.GetObjectInput, ...func(*awss3.Options)) (*awss3.GetObjectOutput, error) {
	return &awss3.GetObjectOutput{Body: io.NopCloser(a.get)}, a.getErr
}

func (a *answers) ListObjectsV2(context.Context, *awss3.ListObjectsV2Input, ...func(*awss3.Options)) (*awss3.ListObjectsV2Output, error) {
	out := &awss3.ListObjectsV2Output{IsTruncated: aws.Bool(len(a.pages) > 1), NextContinuationToken: aws.String("more")}
	for _, key := range a.pages[0] {
		out.Contents = append(out.Contents, types.Object{Key: aws.String(key)})
	}
	a.pages = a.pages[1:]
	return out, nil
}

func code(c string) error { return &smithy.GenericAPIError{Code: c} }

func TestPutNewRecognisesItsOwnWork(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		a    answers
		want errs.Kind
	}{
		{"made", answers{}, ""},
		{"made before, answer lost", answers{put: code("PreconditionFailed"), head: "call-000001"}, ""},
		{"made by another", answers{put: code("PreconditionFailed"), head: "call-000002"}, errs.Conflict},
		{"made by another and deleted since", answers{put: code("PreconditionFailed")}, errs.Conflict},
		{"another is at it", answers{put: code("ConditionalRequestConflict")}, errs.RateLimited},
		{"not allowed", answers{put: code("AccessDenied")}, errs.Internal},
	} {
		if err := newStore(t, &c.a, "b").PutNew(t.Context(), "k", nil); errs.KindOf(err) != c.want {
			t.Errorf("%s gives %v", c.name, err)
		}
	}
}

// TestOnlyAMissingKeyIsAbsent keeps faults of the deployment from looking like "no blob".
func TestOnlyAMissingKeyIsAbsent(t *testing.T) {
	t.Parallel()
	for c, want := range map[string]errs.Kind{
		"NoSuchKey": errs.NotFound, "NoSuchBucket": errs.Internal, "AccessDenied": errs.Internal,
		"SlowDown": errs.RateLimited, "InternalError": errs.Unavailable,
	} {
		_, err := newStore(t, &answers{getErr: code(c), get: strings.NewReader("")}, "b").Get(t.Context(), "k")
		if errs.KindOf(err) != want {
			t.Errorf("%s gives %v", c, err)
		}
	}
	broken := io.MultiReader(strings.NewReader("half"), brokenReader{})
	if _, err := newStore(t, &answers{get: broken}, "b").Get(t.Context(), "k"); errs.KindOf(err) != errs.Unavailable {
		t.Errorf("a broken body gives %v", err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestListAsksUntilItIsFull(t *testing.T) {
	t.Parallel()
	a := &answers{pages: [][]string{{"a"}, {}, {"b", "c"}}}
	got, err := newStore(t, a, "b").List(t.Context(), "", "", 10)
	if err != nil || strings.Join(got, "") != "abc" {
		t.Fatalf("the list is %q, %v", got, err)
	}
	a = &answers{pages: [][]string{{"a"}, {"b"}, {"c"}}}
	if got, err = newStore(t, a, "b").List(t.Context(), "", "", 2); err != nil || strings.Join(got, "") != "ab" {
		t.Fatalf("a list of two is %q, %v", got, err)
	}
}
