#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-2.0-only
# Write .config, include/config/auto.conf and include/generated/autoconf.h from the Kconfig files.
#
# conf.pl --srctree DIR --allmodconfig|--allyesconfig|--allnoconfig|--alldefconfig|--olddefconfig
#
# Reads the part of the language that this tree uses: config, menuconfig, bool, tristate, int,
# string, default, depends on, select, modules, menu, if, source, comment, help.
use strict;
use warnings;
use Getopt::Long;

my ($srctree, $mode) = ('.', 'olddefconfig');
GetOptions('srctree=s' => \$srctree,
	   map { my $m = $_; ($m => sub { $mode = $m }) }
	   qw(allmodconfig allyesconfig allnoconfig alldefconfig olddefconfig)) or exit 2;

my %level = (n => 0, m => 1, 'y' => 2);
my @letter = qw(n m y);
my (@order, %symbol, %asked, %value);

parse('Kconfig', []);
%asked = (%asked, read_config('.config')) if $mode eq 'olddefconfig';
my $imposed = $ENV{KCONFIG_ALLCONFIG};
%asked = (%asked, read_config($imposed)) if $imposed && -f $imposed;
settle();
write_all();

sub parse {
	my ($file, $outer) = @_;
	my @conditions = @$outer;
	my ($current, $help_indent, @blocks);
	open(my $in, '<', "$srctree/$file") or die "$file: $!\n";
	while (my $line = <$in>) {
		chomp $line;
		if (defined $help_indent) {
			next if $line =~ /^\s*$/;
			my ($space) = $line =~ /^(\s*)/;
			$space =~ s/\t/        /g;
			$help_indent = length $space if $help_indent < 0;
			next if length $space >= $help_indent && $help_indent > 0;
			undef $help_indent;
		}
		$line =~ s/\s+#.*$|^#.*$//;
		$line =~ s/\$\((\w+)\)/$ENV{$1} \/\/ ''/ge;
		next if $line =~ /^\s*$/;
		if ($line =~ /^\s*(?:menu)?config\s+(\w+)/) {
			push @order, $1 unless $symbol{$1};
			$current = $symbol{$1} //= { type => 'bool', defaults => [], selects => [], depends => [] };
			push @{$current->{depends}}, @conditions;
		} elsif ($line =~ /^\s*source\s+"(.*)"/) {
			parse($1, \@conditions);
			undef $current;
		} elsif ($line =~ /^\s*if\s+(.*)/) {
			push @conditions, $1;
			push @blocks, 1;
			undef $current;
		} elsif ($line =~ /^\s*menu\s/) {
			push @blocks, 0;
			undef $current;
		} elsif ($line =~ /^\s*(endif|endmenu)\b/) {
			pop @conditions if pop @blocks;
			undef $current;
		} elsif ($line =~ /^\s*(?:mainmenu|comment)\s/) {
			undef $current;
		} elsif (!$current) {
			if ($line =~ /^\s*depends\s+on\s+(.*)/ && @blocks && !$blocks[-1]) {
				push @conditions, $1;
				$blocks[-1] = 1;
			}
		} elsif ($line =~ /^\s*(def_)?(bool|tristate|int|string|hex)\b\s*(.*)/) {
			$current->{type} = $2;
			if ($1) {
				add_default($current, $3);
			} elsif ($3 ne '') {
				$current->{prompt} = 1;
			}
		} elsif ($line =~ /^\s*default\s+(.*)/) {
			add_default($current, $1);
		} elsif ($line =~ /^\s*depends\s+on\s+(.*)/) {
			push @{$current->{depends}}, $1;
		} elsif ($line =~ /^\s*select\s+(\w+)(?:\s+if\s+(.*))?/) {
			push @{$current->{selects}}, [$1, $2 // 'y'];
		} elsif ($line =~ /^\s*modules\s*$/) {
			$current->{modules} = 1;
		} elsif ($line =~ /^\s*help\s*$/) {
			$help_indent = -1;
		} else {
			die "$file:$.: not understood: $line\n";
		}
	}
	close $in;
}

sub add_default {
	my ($symbol, $text) = @_;
	my ($what, $condition) = split /\s+if\s+/, $text, 2;
	push @{$symbol->{defaults}}, [$what, $condition // 'y'];
}

sub read_config {
	my ($file) = @_;
	my %found;
	open(my $in, '<', $file) or return;
	while (<$in>) {
		$found{$1} = $2 if /^CONFIG_(\w+)=(.*)$/;
		$found{$1} = 'n' if /^# CONFIG_(\w+) is not set$/;
	}
	close $in;
	return %found;
}

# Expressions, by levels: || below && below ! and =.
sub evaluate {
	my ($text) = @_;
	my @tokens = $text =~ /\s*(&&|\|\||!=|=|!|\(|\)|"[^"]*"|\w+)/g;
	my $result = either(\@tokens);
	die "not an expression: $text\n" if @tokens;
	return $result;
}

sub either {
	my ($t) = @_;
	my $result = both($t);
	while (@$t && $t->[0] eq '||') {
		shift @$t;
		my $other = both($t);
		$result = $other if $other > $result;
	}
	return $result;
}

sub both {
	my ($t) = @_;
	my $result = term($t);
	while (@$t && $t->[0] eq '&&') {
		shift @$t;
		my $other = term($t);
		$result = $other if $other < $result;
	}
	return $result;
}

sub term {
	my ($t) = @_;
	my $token = shift @$t;
	return 2 - term($t) if $token eq '!';
	if ($token eq '(') {
		my $result = either($t);
		shift @$t;
		return $result;
	}
	if (@$t && $t->[0] =~ /^!?=$/) {
		my $operator = shift @$t;
		my $same = text_of($token) eq text_of(shift @$t);
		return ($same xor $operator eq '!=') ? 2 : 0;
	}
	return $level{text_of($token)} // 0;
}

sub text_of {
	my ($token) = @_;
	return $1 if $token =~ /^"(.*)"$/;
	return $token if exists $level{$token};
	return $value{$token} // ($symbol{$token} ? 'n' : $token =~ /^[A-Z]/ ? 'n' : $token);
}

sub settle {
	for (1 .. 12) {
		my $before = join ',', map { $value{$_} // '' } @order;
		my %floor;
		for my $name (@order) {
			for my $select (@{$symbol{$name}{selects}}) {
				my $by = $level{$value{$name} // 'n'} // 0;
				my $when = evaluate($select->[1]);
				$by = $when if $when < $by;
				$floor{$select->[0]} = $by if $by > ($floor{$select->[0]} // 0);
			}
		}
		$value{$_} = decide($_, $floor{$_} // 0) for @order;
		last if $before eq join ',', map { $value{$_} // '' } @order;
	}
}

sub decide {
	my ($name, $floor) = @_;
	my $symbol = $symbol{$name};
	my $limit = 2;
	for (@{$symbol->{depends}}) {
		my $level = evaluate($_);
		$limit = $level if $level < $limit;
	}
	if ($symbol->{type} !~ /^(?:bool|tristate)$/) {
		return undef if !$limit;
		return $asked{$name} if $symbol->{prompt} && defined $asked{$name};
		return default_of($symbol);
	}
	return undef if !$limit && !$floor;
	my $wish = $symbol->{prompt} ? wish($name, $symbol) : $level{default_of($symbol) // 'n'} // 0;
	$wish = $limit if $wish > $limit;
	$wish = $floor if $floor > $wish;
	$wish = 2 if $wish == 1 && $symbol->{type} eq 'bool';
	return $letter[$wish];
}

sub wish {
	my ($name, $symbol) = @_;
	return $level{$asked{$name}} // 0 if defined $asked{$name};
	return 2 if $mode eq 'allyesconfig' || ($mode eq 'allmodconfig' && $symbol->{modules});
	return $symbol->{type} eq 'tristate' ? 1 : 2 if $mode eq 'allmodconfig';
	return 0 if $mode eq 'allnoconfig';
	return $level{default_of($symbol) // 'n'} // 0;
}

sub default_of {
	my ($symbol) = @_;
	for (@{$symbol->{defaults}}) {
		my ($what, $condition) = @$_;
		my $when = evaluate($condition);
		next if !$when;
		return $what if $symbol->{type} !~ /^(?:bool|tristate)$/;
		my $level = evaluate($what);
		return $letter[$level < $when ? $level : $when];
	}
	return undef;
}

sub write_all {
	my ($config, $auto, $header) = ("#\n# Automatically generated: $mode\n#\n", '', '');
	for my $name (@order) {
		my $is = $value{$name};
		next if !defined $is;
		if ($is eq 'n') {
			$config .= "# CONFIG_$name is not set\n" if $symbol{$name}{prompt};
			next;
		}
		$config .= "CONFIG_$name=$is\n";
		$auto .= "CONFIG_$name=$is\n";
		$header .= $is eq 'm' ? "#define CONFIG_${name}_MODULE 1\n"
			 : $is eq 'y' ? "#define CONFIG_$name 1\n" : "#define CONFIG_$name $is\n";
	}
	mkdir $_ for qw(include include/config include/generated);
	put('.config', $config);
	put('include/generated/autoconf.h', $header);
	# The last, as the newest of the three: make goes by it.
	put('include/config/auto.conf', $auto);
}

# A header that is written only when it changes keeps objects from being compiled again.
sub put {
	my ($file, $text) = @_;
	if (open(my $in, '<', $file)) {
		local $/;
		my $old = <$in> // '';
		close $in;
		if ($old eq $text) {
			utime(undef, undef, $file) if $file =~ /auto\.conf$/;
			return;
		}
	}
	open(my $out, '>', $file) or die "$file: $!\n";
	print $out $text;
	close $out;
}
