package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/slipwayhq/slipway/shared/auth"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/correlation"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/platform/keyorder"
	"github.com/slipwayhq/slipway/shared/platform/logging"
	"github.com/slipwayhq/slipway/shared/scaffolder"
	"github.com/slipwayhq/slipway/shared/wire"
	"github.com/slipwayhq/slipway/shared/wire/demo"
)

// patience is how long anything may take to come to an end.
const patience = 2 * time.Minute

// world is the whole system, running.
type world struct {
	system    *wire.System
	gitlabURL string
	servers   []*http.Server
	stop      context.CancelFunc
	ended     chan error
}

func open(ctx context.Context, dir string) (*world, error) {
	portal, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	host, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &world{gitlabURL: "http://" + host.Addr().String(), ended: make(chan error, 1)}
	w.system, err = wire.New(wire.Config{
		Dir: dir, PortalURL: "http://" + portal.Addr().String(), GitLabURL: w.gitlabURL, Authenticator: auth.Guest{},
		Accounts: demo.Accounts(), PlatformGroups: []string{demo.PlatformGroup}, Clock: clock.System{}, IDs: ids.Random{}, Log: logging.Discard(),
		JobDuration: time.Millisecond, Settle: time.Second, ReconcileEvery: time.Hour, LeaveHooks: true,
	})
	if err != nil {
		return nil, err
	}
	for l, h := range map[net.Listener]http.Handler{portal: w.system.Portal, host: w.system.GitLab} {
		server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
		w.servers = append(w.servers, server)
		go func() { _ = server.Serve(l) }()
	}
	ctx, w.stop = context.WithCancel(ctx)
	go func() { w.ended <- w.system.Run(ctx) }()
	return w, nil
}

func (w *world) close() error {
	w.stop()
	err := <-w.ended
	for _, server := range w.servers {
		err = errors.Join(err, server.Close())
	}
	return errors.Join(err, w.system.Close())
}

// as is who asks for everything.
func as(ctx context.Context, request string) context.Context {
	return correlation.With(ctx, correlation.IDs{Actor: auth.GuestRef, RequestID: request})
}

// ask asks for a template to be run.
func (w *world) ask(ctx context.Context, template, name string) (*operations.Operation, error) {
	input, err := json.Marshal(scaffolder.CreateAppInput{Template: "template:default/" + template, Values: keyorder.Object{Map: map[string]any{"name": name}}})
	if err != nil {
		return nil, err
	}
	return w.system.Operations.Accept(as(ctx, name), operations.Request{Type: scaffolder.RunTemplateType, Input: input})
}

// finish follows an operation to its end, which has to be a good one. It gives the
// operation, and how long after its last line was written that line came.
func (w *world) finish(ctx context.Context, id string) (*operations.Operation, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var last operations.Line
	var lag time.Duration
	err := w.system.Operations.Follow(ctx, id, 0, func(l operations.Line) error {
		last, lag = l, time.Since(l.Time)
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("following %s: %w", id, err)
	}
	o, err := w.system.Operations.Get(ctx, id)
	if err == nil && (o.Status != operations.Succeeded || last.Type != operations.LineCompletion) {
		err = fmt.Errorf("operation %s ended as %s: %+v", id, o.Status, o.Problem)
	}
	return o, lag, err
}
