package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/bolttable"
	"github.com/slipwayhq/slipway/shared/adapters/embedded/dirblob"
	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/auth/authtest"
	"github.com/slipwayhq/slipway/shared/auth/jwks"
	"github.com/slipwayhq/slipway/shared/catalog/changelog"
	"github.com/slipwayhq/slipway/shared/catalog/snapshot"
	"github.com/slipwayhq/slipway/shared/catalog/view"
	"github.com/slipwayhq/slipway/shared/lambdahttp"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/scm"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/zones/catalogfn"
)

// data is a stored catalog.
type data struct {
	blobDir string
	file    *bolttable.File
	table   table.Table
	log     *changelog.Log
	blobs   *dirblob.Store
	snaps   *snapshot.Store
	sink    *os.File // where log lines go
	issuer  *http.Server
}

// openData opens, or makes, the catalog in a directory.
func openData(dir string) (*data, error) {
	d := &data{blobDir: filepath.Join(dir, "blobs")}
	if err := os.MkdirAll(d.blobDir, 0o700); err != nil {
		return nil, err
	}
	return d, d.open(filepath.Join(dir, "catalog.db"))
}

func (d *data) open(path string) (err error) {
	if d.file, err = bolttable.Open(bolttable.Config{Path: path, Clock: clock.System{}, IDs: ids.Random{}}); err != nil {
		return err
	}
	if d.table, err = d.file.Table("catalog"); err != nil {
		return err
	}
	if d.log, err = changelog.New(changelog.Config{Table: d.table, Clock: clock.System{}, IDs: ids.Random{}}); err != nil {
		return err
	}
	if d.blobs, err = dirblob.Open(dirblob.Config{Dir: d.blobDir}); err != nil {
		return err
	}
	if d.snaps, err = snapshot.New(snapshot.Config{Blobs: d.blobs, Clock: clock.System{}}); err != nil {
		return err
	}
	d.sink, err = os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	return err
}

func (d *data) close() error {
	if d.issuer != nil {
		_ = d.issuer.Close()
	}
	return errors.Join(d.file.Close(), d.sink.Close())
}

// noGitLab stands where reading needs no GitLab.
type noGitLab struct{ scm.Client }

// zone puts the trust zone together as its function does, with tokens of an issuer that
// nobody has.
func (d *data) zone() (*catalogfn.Zone, error) { return d.zoneFor(auth.Guest{}) }

func (d *data) zoneFor(who auth.Authenticator) (*catalogfn.Zone, error) {
	z, err := catalogfn.New(catalogfn.Deps{
		Catalog: d.table, Snapshots: d.snaps, SCM: noGitLab{}, GitLabURL: "https://gitlab.example.com",
		Authenticator: who, Clock: clock.System{}, IDs: ids.Random{}, Log: logging.New(d.sink, 0),
	})
	if err != nil {
		return nil, fmt.Errorf("making the catalog's zone: %w", err)
	}
	return z, nil
}

// instance is the catalog's function: a zone behind the Lambda adapter, and who gives tokens.
type instance struct {
	*lambdahttp.Adapter
	issuer *authtest.Issuer
	view   *view.View
}

func (d *data) instance() (*instance, error) {
	debug.SetGCPercent(catalogfn.GCPercent) // as the function does
	issuer, err := d.serveIssuer()
	if err != nil {
		return nil, err
	}
	keys, err := jwks.New(jwks.Config{Issuer: issuer.URL, Clock: clock.System{}, Logger: logging.Discard()})
	if err != nil {
		return nil, err
	}
	who, err := auth.NewVerifier(auth.Config{Issuer: issuer.URL, Audiences: []string{issuer.Audience}, Keys: keys, Clock: clock.System{}})
	if err != nil {
		return nil, err
	}
	z, err := d.zoneFor(who)
	if err != nil {
		return nil, err
	}
	adapter, err := lambdahttp.New(z.Handler)
	return &instance{adapter, issuer, z.View}, err
}

// serveIssuer serves an issuer's keys on loopback.
func (d *data) serveIssuer() (*authtest.Issuer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	issuer, err := authtest.New(authtest.Config{URL: "http://" + listener.Addr().String()})
	if err != nil {
		return nil, err
	}
	d.issuer = &http.Server{Handler: issuer.Handler(), ReadHeaderTimeout: time.Second}
	go func() { _ = d.issuer.Serve(listener) }() // ends with Close
	return issuer, nil
}

// bytesBelow adds up the files of a directory.
func bytesBelow(dir string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	return sum, err
}
