#!/bin/sh
# Start nginx and print its error log as JSON, without the part of a line that describes the
# request: request lines can contain secrets.

print_json() {
    while IFS='/ []' read -r year month day time level _ event; do
        event=${event%%, client: *}
        while [ "$event" != "${event#*\"}" ]; do
            event="${event%%\"*}'${event#*\"}"
        done
        # End at a backslash or a character that is not printable ASCII.
        event=${event%%[!]-~\ -[]*}
        printf '{"timestamp":"%s-%s-%sT%sZ","level":"%s","logger":"nginx.error","event":"%s"}\n' \
            "$year" "$month" "$day" "$time" "$level" "$event"
    done
}

mkfifo /tmp/error.log
# Open for writing, too, so that reading does not end while nginx opens its logs again.
print_json <>/tmp/error.log &
exec nginx -g 'daemon off;'
