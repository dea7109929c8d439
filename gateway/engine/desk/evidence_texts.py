"""The two files of an evidence zip that are always the same."""

README = """\
Evidence of a document that was exchanged by AS2 (RFC 4130).

document/          the document itself
message-N/         the AS2 message that carried it; N counts if it was built again
  headers.txt      the HTTP headers as they were posted, without passwords
  body.bin         the HTTP body, byte for byte
  content.bin      what was signed; of an unsigned message, what the MIC is taken of
  placement.txt    where the document is in it: first byte (from 0), size, encoding
  deflated.txt     where its compressed bytes are: first byte, size; then placement.txt
                   counts in what they inflate to
  signature.p7s    the signature over content.bin (.p7m: content.bin is in it as well)
  signer.pem       the certificate that made the signature
  message-id.txt   the Message-ID
  mic.txt          the message integrity check: base64, digest
  times.json       when it was received or sent, and what was found
  certificates/    other certificates that took part
  mdn/             the receipt for the message: the same files
SHA256SUMS         the digests of all files but itself and verify.sh
verify.sh          checks all this: sh verify.sh

verify.sh needs openssl and the usual tools of a shell (gzip for compressed messages).
Without trusting SHA256SUMS it shows that the document is in content.bin, that the MIC
is that of content.bin, that signature.* was made over it by signer.pem, and that the
receipt, signed in turn, names the same MIC and message.

content.bin and signature.* are missing when no key opens the message any more.
Whether a signer's certificate is the partner's is for people to judge: compare its
fingerprint with the one that was agreed.
"""

VERIFY = r"""#!/bin/sh
# Checks this folder with openssl. Exit 0: everything is as it says.
cd "$(dirname "$0")" || exit 2
command -v openssl > /dev/null || { echo "openssl is needed" >&2; exit 2; }
exec 2> /dev/null  # what openssl says of a damaged file
bad=0
good() { printf 'good  %s\n' "$1"; }
note() { printf 'note  %s\n' "$1"; }
wrong() { printf 'WRONG %s\n' "$1"; bad=1; }

for document in document/* document/.[!.]*; do [ -f "$document" ] && break; done
[ -f "$document" ] || wrong "the document is missing"
[ -s SHA256SUMS ] || wrong "SHA256SUMS is missing"
while read -r digest name; do
  found=$(openssl dgst -sha256 -r "$name" | cut -d' ' -f1)
  [ "$found" = "$digest" ] || wrong "$name was changed"
done < SHA256SUMS

# $1: folder, $2: what it is
signature() {
  if [ -f "$1/signature.p7s" ]; then
    openssl cms -verify -binary -inform DER -in "$1/signature.p7s" \
      -content "$1/content.bin" -certfile "$1/signer.pem" -nointern -noverify \
      -out /dev/null
  elif [ -f "$1/signature.p7m" ]; then
    inside=$(openssl cms -verify -binary -inform DER -in "$1/signature.p7m" \
      -certfile "$1/signer.pem" -nointern -noverify |
      openssl dgst -sha256 -r)
    [ "$inside" = "$(openssl dgst -sha256 -r < "$1/content.bin")" ]
  else
    note "$2: there is no signature to check"
    return
  fi
  if [ $? -eq 0 ]; then
    good "$2: signed by $(openssl x509 -in "$1/signer.pem" -noout -subject)"
    openssl x509 -in "$1/signer.pem" -noout -fingerprint -sha256
  else
    wrong "$2: the signature does not fit"
  fi
}

# $1: folder; what the document is in: content.bin, inflated if that is compressed
carrier() {
  if [ -f "$1/deflated.txt" ]; then
    {
      printf '\037\213\010\000\000\000\000\000\000\377'
      while read -r at size; do
        tail -c "+$((at + 1))" "$1/content.bin" | head -c "$size"
      done < "$1/deflated.txt" | tail -c +3
    } | gzip -dc
  else
    cat "$1/content.bin"
  fi
}

# $1: folder
placement() {
  [ -f "$1/content.bin" ] || { note "$1: no key opens it"; return; }
  [ -f "$1/placement.txt" ] || { note "$1: the document is not compared"; return; }
  read -r at size encoding < "$1/placement.txt"
  case $at,$size in
    *[!0-9,]* | ,* | *,) wrong "$1: placement.txt is damaged"; return ;;
  esac
  if [ "$encoding" = quoted-printable ]; then
    note "$1: the document is $encoding there, not compared"
    return
  fi
  case $encoding in
    "") carrier "$1" | tail -c "+$((at + 1))" | head -c "$size" ;;
    base64)
      {
        carrier "$1" | tail -c "+$((at + 1))" | head -c "$size" |
          tr -d ' \t\r\n' | fold -w 64
        echo
      } | openssl base64 -d ;;
  esac | cmp -s - "$document"
  if [ $? -eq 0 ]; then good "$1: the document is in it"
  else wrong "$1: the document is not what was in it"; fi
}

# what mic.txt or an MDN says, without spaces, the digest as openssl calls it
plain() { tr -d ' \t\r\n' | sed 's/,\(rsa-\)\{0,1\}sha-/,sha/; s/,rsa-/,/'; }

for folder in message-*; do
  [ -d "$folder" ] || { wrong "there is no message"; break; }
  mic=
  placement "$folder"
  signature "$folder" "$folder"
  if [ -f "$folder/mic.txt" ]; then
    mic=$(plain < "$folder/mic.txt")
    if [ -f "$folder/content.bin" ]; then
      name=$(printf %s "${mic##*,}" | tr 'A-Z' 'a-z')
      value=$(openssl dgst "-$name" -binary "$folder/content.bin" | openssl base64 -A)
      if [ "$value" = "${mic%,*}" ]; then good "$folder: the MIC"
      else wrong "$folder: the MIC is another"; fi
    fi
  fi
  [ -d "$folder/mdn" ] || { note "$folder: there is no MDN"; continue; }
  signature "$folder/mdn" "$folder/mdn"
  report="$folder/mdn/content.bin"
  [ -f "$report" ] || report="$folder/mdn/body.bin"
  told=$(grep -ai '^Received-Content-MIC:' "$report" | head -n 1)
  if [ -z "$told" ]; then note "$folder: the MDN shows no MIC"
  elif [ -n "$mic" ]; then
    if [ "$(printf %s "${told#*:}" | plain | cut -d, -f1)" = "${mic%,*}" ]; then
      good "$folder: the MDN has the same MIC"
    else wrong "$folder: the MDN has another MIC"; fi
  fi
  if grep -aF "$(tr -d '\r\n<>' < "$folder/message-id.txt")" "$report" > /dev/null
  then good "$folder: the MDN is for this message"
  else wrong "$folder: the MDN is for another message"; fi
  grep -ai '^Disposition:' "$report" | head -n 1
done
exit $bad
"""
