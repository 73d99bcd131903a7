#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-2.0-only
# Style of patches: stands in for the kernel's script of this name, with its options and output.
#
# checkpatch.pl [--strict] [--terse] [--show-types] [--no-tree] [--root=DIR] [-f] FILE...|-
#
# Only the checks that a rename and a folded loop can run into; types and severities as there.
use strict;
use warnings;
use Getopt::Long qw(:config bundling no_auto_abbrev);

my $program = $0;
my %on = (strict => 0, terse => 0, types => 0, tree => 1, file => 0, signoff => 1, quiet => 0,
	  summary => 1, patch => 1);
my ($root, $max_line, $help, $ignored) = ('', 100, 0, 0);
my (@ignore, @only);
GetOptions(
	'strict|subjective!' => \$on{strict}, 'terse!' => \$on{terse},
	'show-types!' => \$on{types}, 'tree!' => \$on{tree}, 'f|file!' => \$on{file},
	'signoff!' => \$on{signoff}, 'q|quiet+' => \$on{quiet}, 'summary!' => \$on{summary},
	'root=s' => \$root, 'max-line-length=i' => \$max_line, 'ignore=s' => \@ignore,
	'types=s' => \@only, 'patch!' => \$on{patch}, 'h|help|version' => \$help,
	(map { ("$_!" => \$ignored) } qw(mailback summary-file emacs showfile codespell typedefs
					  fix fix-inplace verbose test-only git)),
	(map { ("$_:s" => \$ignored) } qw(color codespellfile typedefsfile conststructsfile
					   min-conf-desc-length tab-size)),
	'no-color' => \$ignored,
) or exit 1;
if ($help) {
	print "$program of the miniature kernel; options as the kernel's\n";
	exit 0;
}
if (!@ARGV) {
	print "$program: no input files\n";
	exit 1;
}
check_root() if $on{tree};
my %ignore = map { uc $_ => 1 } map { split /,/ } @ignore;
my %only = map { uc $_ => 1 } map { split /,/ } @only;
my (@found, %count, $current);
my $exit = 0;
for my $file (@ARGV) {
	$exit = 1 if !process($file);
}
exit $exit;

sub check_root {
	return if $root ne '' && -f "$root/MAINTAINERS";
	for my $guess ('.', $0 =~ m{^(.*)/scripts/[^/]*$}) {
		if ($root eq '' && -f "$guess/MAINTAINERS") {
			$root = $guess;
			return;
		}
	}
	print "Must be run from the top-level dir. of a kernel tree\n";
	exit 2;
}

# One file or patch; false when it has an error or a warning, or, with --strict, a check.
sub process {
	my ($name) = @_;
	my $in;
	if ($name eq '-') {
		$in = \*STDIN;
	} else {
		open($in, '<', $name) or die "$program: $name: open failed - $!\n";
	}
	my @lines = <$in>;
	chomp @lines;
	@found = ();
	%count = (ERROR => 0, WARNING => 0, CHECK => 0, lines => 0);
	$current = $name;
	$on{file} ? check_file($name, @lines) : check_patch(@lines);
	my $clean = !($count{ERROR} + $count{WARNING} + $count{CHECK});
	report($name, $clean);
	return $clean;
}

sub add {
	my ($severity, $type, $message, $line, $where, $source) = @_;
	return if $severity eq 'CHECK' && !$on{strict};
	return if $ignore{$type} || (%only && !$only{$type});
	$count{$severity}++;
	push @found, { severity => $severity, type => $type, message => $message, line => $line,
		       where => $where, source => $source };
}

sub report {
	my ($name, $clean) = @_;
	for (@found) {
		my $tag = $on{types} ? "$_->{severity}:$_->{type}:" : "$_->{severity}:";
		if ($on{terse}) {
			print "$name:$_->{line}: $tag $_->{message}\n";
			next;
		}
		print "$tag $_->{message}\n";
		print "#$_->{line}: $_->{where}\n" if $_->{where};
		print "$_->{source}\n" if defined $_->{source};
		print "\n";
	}
	if ($on{summary} && !($clean && $on{quiet} == 1)) {
		print "total: $count{ERROR} errors, $count{WARNING} warnings, ",
		      ($on{strict} ? "$count{CHECK} checks, " : ''), "$count{lines} lines checked\n";
	}
	return if $on{terse} || $on{quiet};
	print "\n$name has ", ($clean ? 'no obvious style problems and is ready for submission.'
				       : 'style problems, please review.'), "\n";
}

sub check_file {
	my ($name, @lines) = @_;
	my $previous;
	for my $i (0 .. $#lines) {
		$count{lines}++;
		check_code($lines[$i], $previous, $i + 1, $name, $i + 1);
		$previous = $lines[$i];
	}
}

sub check_patch {
	my (@lines) = @_;
	my ($state, $file, $new_line, $previous, $signed, $body, $from, $moved) =
	    ('header', '', 0, undef, 0, 0, '', 0);
	my @signers;
	my $is_mail = grep { /^(?:From |From:|commit )/ } @lines[0 .. ($#lines < 5 ? $#lines : 5)];
	for my $i (0 .. $#lines) {
		my $line = $lines[$i];
		my $number = $i + 1;
		if ($state eq 'header' && $line eq '') {
			$state = 'log';
		} elsif ($state eq 'header') {
			$from = $1 if $line =~ /^From:.*?<?([^<>\s]+@[^<>\s]+)>?$/;
		}
		if ($state =~ /header|log/ && $line =~ /^---$|^diff --git /) {
			$state = 'stat';
			if ($is_mail && !$body && $on{signoff}) {
				add('WARNING', 'COMMIT_MESSAGE',
				    'Missing commit description - Add an appropriate one', $number);
			}
		}
		if ($state eq 'log') {
			if ($line =~ /^Signed-off-by:.*?<?([^<>\s]+@[^<>\s]+)>?\s*$/i) {
				$signed = 1;
				push @signers, $1;
			} elsif ($line =~ /\S/ && $line !~ /^[A-Z][A-Za-z-]+-by:|^From:/) {
				$body = 1;
				if (length $line > 75 && $line !~ m{^\s*(?:Link|Fixes|Message-Id|https?)|^\S+$}i) {
					add('WARNING', 'COMMIT_LOG_LONG_LINE', 'Prefer a maximum 75 chars per'
					    . ' line (possible unwrapped commit description?)',
					    $number, '', $line);
				}
			}
		}
		if ($line =~ /^(?:new|deleted) file mode/ && $state ne 'log' && !$moved++) {
			add('WARNING', 'FILE_PATH_CHANGES',
			    'added, moved or deleted file(s), does MAINTAINERS need updating?', $number);
		}
		if ($line =~ m{^\+\+\+ b/(\S+)}) {
			$file = $1;
			next;
		}
		if ($line =~ /^@@ -\d+(?:,\d+)? \+(\d+)/) {
			$state = 'diff';
			$new_line = $1;
			undef $previous;
			next;
		}
		next if $state ne 'diff';
		if ($line =~ /^-- ?$/) {
			$state = 'end';
			next;
		}
		if ($line =~ /^(?:diff --git|index |--- )/) {
			$state = 'stat';
			next;
		}
		next if $line !~ /^[ +-]/;
		$count{lines}++;
		next if $line =~ /^-/;
		my $code = substr $line, 1;
		if ($line =~ /^\+/) {
			check_code($code, $previous, $number, $file, $new_line);
		}
		$previous = $code;
		$new_line++;
	}
	return if !$on{signoff} || !$is_mail;
	if (!$signed) {
		add('ERROR', 'MISSING_SIGN_OFF', 'Missing Signed-off-by: line(s)', scalar @lines);
	} elsif ($from ne '' && !grep { lc $_ eq lc $from } @signers) {
		add('WARNING', 'NO_AUTHOR_SIGN_OFF',
		    "Missing Signed-off-by: line by nominal patch author '$from'", scalar @lines);
	}
}

sub wide {
	my ($text) = @_;
	my $columns = 0;
	for (split //, $text) {
		$columns = $_ eq "\t" ? $columns - $columns % 8 + 8 : $columns + 1;
	}
	return $columns;
}

# The column behind the last parenthesis that `line` opens and does not close, or undef.
sub open_column {
	my ($line) = @_;
	my @open;
	my $at = 0;
	for (split //, $line) {
		$at++;
		push @open, $at if $_ eq '(';
		pop @open if $_ eq ')' && @open;
	}
	return undef if !@open || $open[-1] == length $line;
	return wide(substr $line, 0, $open[-1]);
}

sub check_code {
	my ($code, $previous, $number, $file, $line) = @_;
	my $where = "FILE: $file:$line:";
	my @place = ($number, $where, "+$code");
	if ($code =~ /[ \t\r]$/) {
		add('ERROR', 'TRAILING_WHITESPACE', 'trailing whitespace', @place);
	}
	if ($line == 1 && $file =~ /\.[ch]$/ && $code !~ /SPDX-License-Identifier[:]/) {
		add('WARNING', 'SPDX_LICENSE_TAG',
		    'Missing or malformed SPDX-License-Identifier tag in line 1', @place);
	}
	return if $file !~ /\.[chsS]$/;
	if (wide($code) > $max_line && $code !~ /"[^"]*"[,;)\s]*$/) {
		add('WARNING', 'LONG_LINE', 'line length of ' . wide($code)
		    . " exceeds $max_line columns", @place);
	}
	if ($code =~ /^\s* {8}/ && $code !~ /^\s*\*/) {
		add('ERROR', 'CODE_INDENT', 'code indent should use tabs where possible', @place);
	}
	if ($code =~ / \t/) {
		add('WARNING', 'SPACE_BEFORE_TAB', 'please, no space before tabs', @place);
	}
	if ($code =~ /^ +\S/ && $code !~ /^ \*|^ {1,7}\w+:/) {
		add('WARNING', 'LEADING_SPACE', 'please, no spaces at the start of a line', @place);
	}
	if ($code =~ /\b(?:if|while|for|switch)\(/) {
		add('ERROR', 'SPACING', 'space required before the open parenthesis \'(\'', @place);
	}
	if ($code =~ /\)\{/) {
		add('ERROR', 'SPACING', 'space required before the open brace \'{\'', @place);
	}
	if ($code =~ /^\s*$/ && defined $previous && $previous =~ /^\s*$/) {
		add('CHECK', 'LINE_SPACING', 'Please don\'t use multiple blank lines', @place);
	}
	return if !defined $previous;
	my $column = open_column($previous);
	if (defined $column && $previous =~ /[,(&|+]\s*$/ && $code =~ /^([ \t]+)\S/) {
		if (wide($1) != $column) {
			add('CHECK', 'PARENTHESIS_ALIGNMENT', 'Alignment should match open parenthesis',
			    @place);
		}
	}
}
