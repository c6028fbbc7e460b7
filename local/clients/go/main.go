// Makes the calls of foreign_clients_test.ts by Google's Go client and prints what each came to, as JSON.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"cloud.google.com/go/storage"
	"golang.org/x/oauth2"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
)

type step struct {
	name string
	run  func() (any, error)
}

func main() {
	ctx := context.Background()
	token := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "any"})
	client, err := storage.NewClient(ctx, option.WithEndpoint(os.Args[1]+"/storage/v1/"), option.WithTokenSource(token))
	if err != nil {
		panic(err)
	}
	client.SetRetry(storage.WithPolicy(storage.RetryNever))
	bucket := client.Bucket("tintype-raw")

	write := func(object *storage.ObjectHandle, data []byte, chunk int) error {
		writer := object.NewWriter(ctx)
		writer.ChunkSize = chunk
		writer.ContentType = "image/png"
		writer.Metadata = map[string]string{"k": "v"}
		if _, err := writer.Write(data); err != nil {
			return err
		}
		return writer.Close()
	}
	// Over the XML API: GET /bucket/object with the token.
	read := func(name string, offset, length int64) (string, error) {
		reader, err := bucket.Object(name).NewRangeReader(ctx, offset, length)
		if err != nil {
			return "", err
		}
		data, err := io.ReadAll(reader)
		return string(data), err
	}
	list := func(query *storage.Query) (any, error) {
		found := []string{}
		for objects := bucket.Objects(ctx, query); ; {
			object, err := objects.Next()
			if err == iterator.Done {
				return strings.Join(found, " "), nil
			}
			if err != nil {
				return nil, err
			}
			found = append(found, object.Name+object.Prefix)
		}
	}
	first := bucket.Object("a/1")
	steps := []step{
		{"upload with metadata", func() (any, error) {
			if err := write(first.If(storage.Conditions{DoesNotExist: true}), []byte("hello"), 0); err != nil {
				return nil, err
			}
			found, err := first.Attrs(ctx)
			if err != nil {
				return nil, err
			}
			return fmt.Sprintf("%d %s %s", found.Size, found.ContentType, found.Metadata["k"]), nil
		}},
		{"upload over it, if absent", func() (any, error) {
			return nil, write(first.If(storage.Conditions{DoesNotExist: true}), []byte("x"), 0)
		}},
		{"upload in pieces", func() (any, error) {
			if err := write(bucket.Object("pieces"), bytes.Repeat([]byte("z"), 700_000), 256*1024); err != nil {
				return nil, err
			}
			text, err := read("pieces", 0, -1)
			return len(text), err
		}},
		{"download", func() (any, error) { return read("a/1", 0, -1) }},
		{"download a range", func() (any, error) { return read("a/1", 1, 2) }},
		{"download a missing one", func() (any, error) { return read("none", 0, -1) }},
		{"list", func() (any, error) { return list(nil) }},
		{"list folders", func() (any, error) { return list(&storage.Query{Delimiter: "/"}) }},
		{"list names alone", func() (any, error) {
			query := &storage.Query{}
			query.SetAttrSelection([]string{"Name"})
			return list(query)
		}},
		{"list versions", func() (any, error) { return list(&storage.Query{Versions: true}) }},
		{"list by glob", func() (any, error) { return list(&storage.Query{MatchGlob: "a/*"}) }},
		{"change metadata", func() (any, error) {
			change := storage.ObjectAttrsToUpdate{Metadata: map[string]string{"k": "w"}}
			changed, err := first.Update(ctx, change)
			if err != nil {
				return nil, err
			}
			return changed.Metageneration, nil
		}},
		{"make and remove a bucket", func() (any, error) {
			if err := client.Bucket("go-bucket").Create(ctx, "tintype-local", nil); err != nil {
				return nil, err
			}
			if err := client.Bucket("go-bucket").Delete(ctx); err != nil {
				return nil, err
			}
			count := 0
			for buckets := client.Buckets(ctx, "tintype-local"); ; count++ {
				if _, err := buckets.Next(); err == iterator.Done {
					return count, nil
				} else if err != nil {
					return nil, err
				}
			}
		}},
		{"copy", func() (any, error) { return bucket.Object("copied").CopierFrom(first).Run(ctx) }},
		{"change a bucket's versioning", func() (any, error) {
			return bucket.Update(ctx, storage.BucketAttrsToUpdate{VersioningEnabled: true})
		}},
		{"remove", func() (any, error) {
			if err := first.Delete(ctx); err != nil {
				return nil, err
			}
			_, err := first.Attrs(ctx)
			return !errors.Is(err, storage.ErrObjectNotExist), nil
		}},
	}
	outcomes := map[string]string{}
	for _, each := range steps {
		outcome, err := each.run()
		var refused *googleapi.Error
		switch {
		case errors.Is(err, storage.ErrObjectNotExist):
			outcome = 404
		case errors.As(err, &refused):
			outcome = refused.Code
		case err != nil:
			outcome = err.Error()
		}
		outcomes[each.name] = fmt.Sprint(outcome)
	}
	printed, _ := json.Marshal(outcomes)
	fmt.Println(string(printed))
}
